"""Words of one's own account and of the page of all accounts."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

FAULT: Final = "account_fault_"

WORDS: Final[Mapping[str, Wording]] = {
    # one's own account
    "account_title": Wording("我的账户", "Your account"),
    "change_password": Wording("修改密码", "Change password"),
    "password_current": Wording("现在的密码", "Present password"),
    "password_new": Wording("新密码", "New password"),
    "password_again": Wording("再输入一次新密码", "New password again"),
    "password_hint": Wording(
        "至少 {n} 个字符；几个词或一句话最好记，也最难猜。",
        "At least {n} characters; several words or a sentence are easiest to remember and hardest "
        "to guess.",
    ),
    "password_must_change": Wording(
        "您的密码是别人设置的。请先换成只有您知道的密码。",
        "Somebody else set your password. First choose one that only you know.",
    ),
    "password_ends_sessions": Wording(
        "修改后，其他浏览器都会退出登录。", "All other browsers will be logged out."
    ),
    "browsers": Wording("已登录的浏览器", "Browsers that are logged in"),
    "browser": Wording("浏览器", "Browser"),
    "address": Wording("地址", "Address"),
    "logged_in_at": Wording("登录时间", "Logged in"),
    "last_seen": Wording("最近使用", "Last used"),
    "this_browser": Wording("当前浏览器", "this one"),
    "logout_everywhere": Wording("退出所有浏览器", "Log out everywhere"),
    "tokens": Wording("API 令牌", "API tokens"),
    "tokens_help": Wording(
        "程序用令牌调用接口，权限与您相同。令牌等同密码，不要发给别人。",
        "Programs call the API with a token and may do what you may. It is as good as a password: "
        "give it to nobody.",
    ),
    "token_name": Wording("用途", "What for"),
    "token_begins": Wording("开头", "Begins"),
    "token_days": Wording("有效期", "Valid for"),
    "days_n": Wording("{n} 天", "{n} days"),
    "expires": Wording("到期", "Expires"),
    "made_at": Wording("创建时间", "Made"),
    "make_token": Wording("创建令牌", "Make a token"),
    "no_tokens": Wording("没有有效的令牌。", "No valid tokens."),
    "revoke": Wording("吊销", "Revoke"),
    "token_shown_once": Wording(
        "令牌只显示这一次，请现在复制：", "The token is shown this once. Copy it now:"
    ),
    "flash_password_changed": Wording("密码已修改", "Password changed"),
    "flash_token_revoked": Wording("令牌已吊销", "Token revoked"),
    # all accounts
    "users": Wording("用户", "Users"),
    "users_n": Wording("共 {n} 个账户", "{n} accounts"),
    "user_add": Wording("添加用户", "Add a user"),
    "user_edit": Wording("修改用户", "Edit the user"),
    "user_search": Wording("用户名、姓名、工号或班组", "Login, name, number or team"),
    "search": Wording("查找", "Search"),
    "all_roles": Wording("全部角色", "all roles"),
    "role": Wording("角色", "Role"),
    "agent_number": Wording("工号", "Agent number"),
    "agent_number_hint": Wording(
        "坐席必填：凭工号看到自己的通话和成绩。",
        "Required for agents: they see the calls and scores of this number.",
    ),
    "teams": Wording("班组", "Teams"),
    "teams_hint": Wording(
        "领班必填，用逗号分隔。现有班组：{teams}",
        "Required for leads, separated by commas. Known teams: {teams}",
    ),
    "login_hint": Wording(
        "小写字母、数字和 . _ - @；以后不能更改。",
        "Lower-case letters, digits and . _ - @; cannot be changed later.",
    ),
    "grants": Wording("额外授权", "Grants"),
    "grant_reads_calls": Wording(
        "管理员也可以查看和收听通话", "As an administrator, may read and hear calls too"
    ),
    "grant_personal_data": Wording(
        "可以看到完整的姓名、电话和地址（每次查看都会记录）",
        "Sees names, numbers and addresses in clear (every look is recorded)",
    ),
    "remarks": Wording("备注", "Remarks"),
    "is_disabled": Wording("已停用", "disabled"),
    "is_to_change": Wording("须改密码", "must change password"),
    "reads_calls": Wording("可看通话", "reads calls"),
    "sees_personal": Wording("可看个人信息", "personal data in clear"),
    "user_secret": Wording(
        "初始密码只显示这一次。请亲自交给本人，首次登录后须修改：",
        "The password is shown this once. Hand it over in person; it must be changed at the first "
        "log-in:",
    ),
    "reset_password": Wording("重置密码", "Reset the password"),
    "reset_help": Wording(
        "重置会生成新密码，并让此人退出登录、吊销其令牌。",
        "Resetting makes a new password, logs the person out and revokes their tokens.",
    ),
    "log_user_out": Wording("退出其登录并吊销令牌", "Log out and revoke tokens"),
    "disable_user": Wording("停用", "Disable"),
    "enable_user": Wording("重新启用", "Enable again"),
    "user_open": Wording(
        "{sessions} 个浏览器已登录，{tokens} 个有效令牌",
        "{sessions} browsers logged in, {tokens} valid tokens",
    ),
    "no_users": Wording("没有符合条件的用户。", "No user matches."),
    "flash_user_changed": Wording("已保存", "Saved"),
    "flash_user_disabled": Wording("已停用", "Disabled"),
    "flash_user_enabled": Wording("已启用", "Enabled"),
    "flash_user_logged_out": Wording("已退出其登录并吊销令牌", "Logged out, tokens revoked"),
    # what is wrong
    f"{FAULT}login_wrong": Wording(
        "用户名须为 1–64 个小写字母、数字或 . _ - @，以字母或数字开头。",
        "A login is 1 to 64 of a–z, 0–9 and . _ - @, beginning with a letter or a digit.",
    ),
    f"{FAULT}login_taken": Wording("这个用户名已被使用。", "There is an account of that login."),
    f"{FAULT}name_wrong": Wording(
        "姓名须为 1–100 个可见字符。", "A name is 1 to 100 printable characters."
    ),
    f"{FAULT}agent_number_missing": Wording(
        "坐席账户必须填写工号。", "An agent's account needs the agent number."
    ),
    f"{FAULT}agent_number_wrong": Wording(
        "工号须为 1–100 个可见字符。", "An agent number is 1 to 100 printable characters."
    ),
    f"{FAULT}agent_number_taken": Wording(
        "这个工号已属于另一个账户；请先停用那个账户。",
        "Another account has this agent number; disable that one first.",
    ),
    f"{FAULT}team_missing": Wording(
        "领班账户至少要有一个班组。", "A lead's account needs at least one team."
    ),
    f"{FAULT}team_wrong": Wording(
        "班组名须为 1–100 个可见字符，不含逗号。",
        "A team is 1 to 100 printable characters without commas.",
    ),
    f"{FAULT}teams_of_leads_only": Wording("只有领班有班组。", "Only leads have teams."),
    f"{FAULT}grant_of_admins_only": Wording(
        "“可看通话”只授予管理员。", "Reading calls is granted to administrators only."
    ),
    f"{FAULT}last_admin": Wording(
        "这是最后一位管理员，请先添加另一位。",
        "This is the last administrator; add another one first.",
    ),
    f"{FAULT}oneself": Wording(
        "不能更改自己的角色、范围和授权，也不能停用自己；请另一位管理员操作，或用 qa users。",
        "Nobody changes their own role, scope or grants, or disables themselves; ask another "
        "administrator, or use qa users on the server.",
    ),
    f"{FAULT}password_short": Wording(
        "密码太短，至少 {n} 个字符。", "The password is too short: at least {n} characters."
    ),
    f"{FAULT}password_long": Wording(
        "密码太长，最多 {n} 个字符。", "The password is too long: at most {n} characters."
    ),
    f"{FAULT}password_common": Wording(
        "这个密码很容易被猜到，请用几个词或一句话。",
        "The password is easily guessed; take several words, or a sentence.",
    ),
    f"{FAULT}password_same": Wording("新密码与现在的相同。", "The new password is the old one."),
    f"{FAULT}password_wrong": Wording("现在的密码不正确。", "The present password is wrong."),
    f"{FAULT}passwords_differ": Wording("两次输入的新密码不同。", "The two passwords differ."),
    f"{FAULT}token_name_wrong": Wording(
        "用途须为 1–100 个可见字符。", "Say what it is for, in 1 to 100 printable characters."
    ),
    f"{FAULT}token_days_wrong": Wording("有效期须为 {n} 天。", "A token is valid for {n} days."),
    f"{FAULT}too_many_tokens": Wording(
        "已有 {n} 个有效令牌，请先吊销一个。", "There are {n} valid tokens; revoke one first."
    ),
    f"{FAULT}too_early": Wording(
        "尝试次数过多，请 {n} 秒后再试。", "Too many tries; try again in {n} seconds."
    ),
}
