"""Read-back (跟读确认): what a customer gave, and whether the agent repeated it."""

from qa.scoring.check import Scene
from qa.scoring.readback.details import DETAILS, judge_detail
from qa.scoring.readback.findings import MET, VIOLATED, Detail, State

__all__ = ["DETAILS", "MET", "VIOLATED", "Detail", "Scene", "State", "judge_detail"]
