"""What every section of the settings is: frozen, and without unknown keys."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]


class Section(BaseModel):
    """A part of the settings: no unknown key, no change afterwards.

    The text below a field says what it means, here and in `carclf config explain`.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        # The report's `model_checkpoint` would clash with pydantic's own prefix.
        protected_namespaces=(),
    )
