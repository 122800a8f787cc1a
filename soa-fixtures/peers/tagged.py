"""JSON form of the values that JSON has no word for: `{"$tag": …}` in both directions."""

import base64
import datetime
import decimal
import math

import currint
import pytz

DECODERS = {
    '$date': datetime.date.fromisoformat,
    '$datetime': datetime.datetime.fromisoformat,
    '$datetime_utc': lambda text: datetime.datetime.fromisoformat(text).replace(tzinfo=pytz.UTC),
    '$time': datetime.time.fromisoformat,
    '$decimal': decimal.Decimal,
    '$amount': lambda parts: currint.Amount.from_code_and_minor(*parts),
    '$bytes': base64.b64decode,
    '$float': float,
    '$map': lambda pairs: {decode(key): decode(value) for key, value in pairs},
}


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if is_tag(value):
        (tag, inner), = value.items()
        return DECODERS[tag](inner)
    return {key: decode(item) for key, item in value.items()}


def encode(value):
    if isinstance(value, dict):
        if is_tag(value) or not all(isinstance(key, str) for key in value):
            return {'$map': [[encode(key), encode(item)] for key, item in value.items()]}
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, bytes):
        return {'$bytes': base64.b64encode(value).decode('ascii')}
    if isinstance(value, float) and not math.isfinite(value):
        return {'$float': repr(value)}
    if isinstance(value, decimal.Decimal):
        return {'$decimal': str(value)}
    if isinstance(value, currint.Amount):
        return {'$amount': [value.currency.code, value.value]}
    # A date-time is a date too, so it comes first.
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            return {'$datetime': value.isoformat()}
        return {'$datetime_utc': value.replace(tzinfo=None).isoformat()}
    if isinstance(value, datetime.date):
        return {'$date': value.isoformat()}
    if isinstance(value, datetime.time):
        return {'$time': value.isoformat()}
    return value


def is_tag(value):
    return len(value) == 1 and next(iter(value)) in DECODERS
