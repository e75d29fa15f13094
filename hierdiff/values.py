"""Value: what every frozen value of hierdiff is made of."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen pydantic model that refuses unknown fields, so that a typo is an error and not a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def changed(self, **fields: Any) -> Self:
        """The same value with some fields replaced, checked again as a new one is. Fields that were left to their
        default stay so: `model_fields_set` still tells what the caller said."""
        return type(self)(**{**{name: getattr(self, name) for name in self.model_fields_set}, **fields})
