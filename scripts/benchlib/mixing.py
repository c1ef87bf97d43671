"""Stereo calls mixed to one channel: what a telephone system without separate channels records."""

from dataclasses import replace
from pathlib import Path

import soundfile

from benchlib.callset import LabelledCall


def mixed(call: LabelledCall, folder: Path) -> LabelledCall:
    """Write a call's recording on one channel, and say that it is a mono call.

    The two sides are averaged and written as 8 bit A-law, as they were; the same call gives the
    same bytes.
    """
    samples, rate = soundfile.read(call.recording, always_2d=True)
    mono = replace(call, script={**call.script, "channels": "mono"}, audio=folder)
    soundfile.write(mono.recording, samples.mean(axis=1), rate, subtype="ALAW")
    return mono
