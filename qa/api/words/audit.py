"""Words of the audit log; an action without a word here is shown by its code alone."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

ACTION: Final = "audit_action_"

WORDS: Final[Mapping[str, Wording]] = {
    "audit": Wording("审计日志", "Audit log"),
    "audit_help": Wording(
        "谁在什么时候做了什么。日志只增不改，每一行都包含前一行的校验值；"
        "在服务器上用 qa audit verify 检查。",
        "Who did what, and when. Rows are only added, and each covers the one before it; check "
        "them on the server with qa audit verify.",
    ),
    "audit_when": Wording("时间", "When"),
    "audit_who": Wording("人员", "Person"),
    "audit_what": Wording("事件", "Action"),
    "audit_to": Wording("对象", "Subject"),
    "audit_kind": Wording("对象类别", "Kind of subject"),
    "audit_subject": Wording("对象编号", "Subject's id"),
    "audit_details": Wording("详情", "Details"),
    "audit_row": Wording("行号", "Row"),
    "audit_program": Wording("（系统或命令行）", "(the program or the command line)"),
    "audit_none": Wording("没有符合条件的记录。", "No row matches."),
    "audit_older": Wording("更早的记录", "Older rows"),
    "audit_newest": Wording("最新的记录", "Newest rows"),
    "audit_person_hint": Wording("用户名", "login"),
    "audit_action_hint": Wording("如 call.listen 或 call", "call.listen, or call for all"),
    f"{ACTION}session.login": Wording("登录", "Logged in"),
    f"{ACTION}session.login_failed": Wording("登录失败", "Failed to log in"),
    f"{ACTION}session.logout": Wording("退出登录", "Logged out"),
    f"{ACTION}session.logout_everywhere": Wording("退出所有浏览器", "Logged out everywhere"),
    f"{ACTION}session.end_of_other": Wording("让他人退出登录", "Logged somebody out"),
    f"{ACTION}user.add": Wording("添加用户", "Added a user"),
    f"{ACTION}user.change": Wording("修改用户", "Changed a user"),
    f"{ACTION}user.disable": Wording("停用用户", "Disabled a user"),
    f"{ACTION}user.enable": Wording("启用用户", "Enabled a user"),
    f"{ACTION}user.password": Wording("设置密码", "Set a password"),
    f"{ACTION}token.make": Wording("创建令牌", "Made a token"),
    f"{ACTION}token.revoke": Wording("吊销令牌", "Revoked a token"),
    f"{ACTION}call.listen": Wording("收听通话", "Listened to a call"),
    f"{ACTION}call.fetch_audio": Wording("读取录音", "Was sent a call's sound"),
    f"{ACTION}call.read_personal": Wording("查看个人信息", "Saw personal data"),
    f"{ACTION}review.decide": Wording("复核", "Decided on a flag"),
    f"{ACTION}review.release": Wording("发布结果", "Released a call"),
    f"{ACTION}appeal.submit": Wording("提交申诉", "Appealed"),
    f"{ACTION}appeal.withdraw": Wording("撤回申诉", "Withdrew an appeal"),
    f"{ACTION}appeal.decide": Wording("裁定申诉", "Decided an appeal"),
    f"{ACTION}check.done": Wording("完成抽查", "Did a spot check"),
    f"{ACTION}export.take": Wording("导出", "Took an export"),
    f"{ACTION}ruleset.publish": Wording("发布规则", "Published rules"),
    f"{ACTION}database.backup": Wording("备份数据库", "Backed up the database"),
    f"{ACTION}database.restore": Wording("恢复数据库", "Restored the database"),
    f"{ACTION}database.move": Wording("迁移数据库", "Moved the database"),
    f"{ACTION}recording.upload": Wording("上传录音", "Uploaded a recording"),
}
