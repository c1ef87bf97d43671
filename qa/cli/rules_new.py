"""The file that `qa rules new` prints: a ruleset of one's own on top of a bundled one."""

from qa.scoring.ruleset import Ruleset

_STARTER = """\
# {title}：在随程序的规则 {base} 之上，只写您要改的地方
# 试用：qa rules test FILE · qa rules try --ruleset FILE · 先看影响：qa rescore --what-if FILE
id: {base}
title: {title}（本中心）
title_en: {title_en}, ours
version: {version}
include: [{base}]

# 在词表里加词（可加的表：{lists}）
extend: {{}}
#   shirking:                          # 推诿
#     - "找[我们|我]也没用"
#   festival_greetings:
#     腊八节: [腊八节快乐]

# 改某条规则：分值、级别，或补充例句；例句就是测试
adjust: {{}}
#   FP02:
#     points: 8
#     examples:
#       - outcome: VIOLATED
#         dialogue: "坐席: 您找我也没用。"

# 不用的规则
drop: []

# 换掉整个值：values 里写的优先于随程序的值
values: {{}}
"""


def starter(ruleset: Ruleset) -> str:
    """Write the file, ready to be saved and filled in; as it stands it judges like its base."""
    lists = [name for name, value in ruleset.values.items() if isinstance(value, list | dict)]
    return _STARTER.format(
        base=ruleset.ruleset_id,
        title=ruleset.title,
        title_en=ruleset.title_en,
        version=ruleset.version + 1,
        lists="、".join(lists),
    )
