"""An outline written into the file that it came from: what did not change stays as it was typed, comments included."""

import io
from typing import Any, cast

from ruamel.yaml import YAML

from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.outline import Outline
from hierdiff.yaml_text import parse_yaml
from hierdiff_planners.yaml_outline import outline_from
from hierdiff_planners.yaml_writer import dump_outline


def updated(text: str, outline: Outline) -> str:
    """The YAML text with the outline in it. Keys and comments of sections that are still there stay, in their order;
    sections are known by their `id`.

    Raises FileError or OutlineError if the text is no YAML, or cannot hold the outline: then write it anew.
    """
    parse_yaml(text)  # refuses anchors, tags and what is too large, before anything is built from them
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes, yaml.width = True, 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree, wanted = yaml.load(text), yaml.load(dump_outline(outline))
    out = io.StringIO()
    yaml.dump(_merged(tree, wanted), out)
    if outline_from(parse_yaml(out.getvalue()), Ledger(), file="the file")[0] != outline:
        raise OutlineError("the file's own layout cannot hold the outline; write it to a new file", rule="format")
    return out.getvalue()


def _merged(old: Any, new: Any) -> Any:
    """The old node with the new one's content; the new one where the two are not of one kind."""
    if isinstance(old, dict) and isinstance(new, dict):
        mapping, wanted = cast(dict[str, Any], old), cast(dict[str, Any], new)
        for key in [key for key in mapping if key not in wanted]:
            del mapping[key]
        for key, value in wanted.items():
            mapping[key] = _merged(mapping[key], value) if key in mapping else value
        return mapping
    if isinstance(old, list) and isinstance(new, list):
        several, wanted_ones = cast(list[Any], old), cast(list[Any], new)
        known = {_name(one): (number, one) for number, one in enumerate(several)}
        behind = cast(dict[int, Any], cast(Any, old).ca.items)
        comments = dict(behind)  # those behind entries go when the list is filled anew
        found = [known.get(_name(one), (-1, None)) for one in wanted_ones]
        several[:] = [_merged(one, value) for (_, one), value in zip(found, wanted_ones, strict=True)]
        behind.update({number: comments[was] for number, (was, _) in enumerate(found) if was in comments})
        return several
    return old if old is not None and str(old) == str(new) else new


def _name(value: Any) -> str:
    """What an entry of a list is known by: its `id`, or itself."""
    return str(cast(dict[str, Any], value).get("id")) if isinstance(value, dict) else str(value)
