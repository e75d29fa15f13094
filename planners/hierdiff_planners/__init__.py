"""Planners: whatever turns a request into an outline.

`open_manual`, `open_scaffold`, `open_code` and `open_prompted` are the factories behind the planner URIs `manual:FILE`,
`scaffold:SECTIONS`, `code:MODULES` and `prompted:https://HOST/v1#MODEL`; `read_outline` and `dump_outline` read and
write the outline files that people edit.
"""

from hierdiff_planners.code import CodePlanner, open_code
from hierdiff_planners.manual import ManualPlanner, open_manual, read_outline
from hierdiff_planners.prompted import PromptedPlanner, open_prompted
from hierdiff_planners.scaffold import ScaffoldPlanner, open_scaffold
from hierdiff_planners.yaml_writer import dump_outline

__all__ = [
    "CodePlanner",
    "ManualPlanner",
    "PromptedPlanner",
    "ScaffoldPlanner",
    "dump_outline",
    "open_code",
    "open_manual",
    "open_prompted",
    "open_scaffold",
    "read_outline",
]
