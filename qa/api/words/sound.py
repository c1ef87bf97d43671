"""Words of the panel that tells how a recording sounds."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "sound": Wording("声音", "Sound"),
    "sound_line": Wording("线路", "Line"),
    "sound_rate": Wording("每分钟 {n} 字", "{n} characters a minute"),
    "sound_loudness": Wording("响度 {n} LUFS", "{n} LUFS"),
    "sound_interrupts": Wording("打断对方 {n} 次", "interrupts {n} times"),
    "sound_clipped": Wording("声音削顶失真", "clipped"),
    "sound_noisy": Wording("噪声大", "noisy line"),
    "sound_one_sided": Wording("没有声音", "nothing on it"),
    "sound_ringing": Wording("振铃", "Ringing"),
    "sound_rings": Wording("{n} 次", "{n} rings"),
    "sound_rings_at_least": Wording("录到 {n} 次", "{n} rings recorded"),
    "sound_silent": Wording("静音", "Silence"),
    "sound_silences": Wording("{n} 处，共 {seconds} 秒", "{n} places, {seconds} s"),
    "sound_both": Wording("同时说话", "Both at once"),
    "sound_overlaps": Wording("{n} 处", "{n} places"),
    "sound_music": Wording("等待音乐", "Hold music"),
    "sound_music_count": Wording("{n} 段", "{n} stretches"),
    "sound_key": Wording("按键", "Keys"),
    "sound_key_count": Wording("{n} 次（不记录按了哪个键）", "{n} pressed (which is not kept)"),
    "sound_busy": Wording("忙音", "Busy tone"),
    "sound_busy_count": Wording("{n} 段", "{n}"),
    "sound_ended": Wording("先离开", "Left first"),
}
