"""How single values look in JSON, and what is taken for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class InstantField(serializers.DateTimeField):
    """RFC 3339 in UTC with `Z`; fractions of a second only where they are not zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, read_only=True, **kwargs)


class SecondsField(serializers.Field):
    """A duration as a number of seconds: whole where it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: timedelta) -> int | float:
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds


class TextField(serializers.CharField):
    """A JSON string and nothing that merely could be written as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class AddressField(serializers.EmailField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer):
    """Refuses what it does not know, so that nobody believes something was set that was not."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name: [_("There is no such field.")] for name in unknown}, "unknown_field"
                )
        return super().to_internal_value(data)
