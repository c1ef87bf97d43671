"""Words of the log-in page."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "log_in": Wording("登录", "Log in"),
    "login_name": Wording("用户名", "User name"),
    "password": Wording("密码", "Password"),
    "login_wrong": Wording(
        "用户名或密码不正确，或该账户已停用。",
        "The user name or the password is wrong, or the account is disabled.",
    ),
    "login_wait": Wording(
        "尝试次数过多，请 {n} 秒后再试。", "Too many tries. Try again in {n} seconds."
    ),
    "login_stale": Wording(
        "页面已过期，请再登录一次。", "The page had gone stale. Please log in once more."
    ),
    "login_help": Wording(
        "忘记密码？请管理员为您重置。", "Forgot your password? An administrator can reset it."
    ),
    "nobody_yet": Wording(
        "还没有任何账户。请在服务器上添加第一位管理员：",
        "There are no accounts yet. Add the first administrator on the server:",
    ),
}
