"""An action whose schema is written by hand and has every field there is."""

import collections
import datetime
import decimal

from conformity import fields
from conformity.fields import country, currency
from conformity.fields.structures import AdditionalCollectionValidator
from conformity.types import Error
from pysoa.server.action.base import Action


class SumsUp(AdditionalCollectionValidator):
    """The parts of a whole make the whole."""

    def errors(self, value):
        if sum(value['parts']) == value['whole']:
            return []
        return [Error('Parts do not make the whole', code='SUM', pointer='whole')]


class Ascends(AdditionalCollectionValidator):
    """Each number is greater than the one before."""

    def errors(self, value):
        return [
            Error('Not greater than the one before', code='ORDER', pointer=str(index))
            for index in range(1, len(value)) if value[index] <= value[index - 1]
        ]


SCALARS = {
    'anything': fields.Anything(description='Whatever there is'),
    'hashable': fields.Hashable(),
    'boolean': fields.Boolean(description='Yes or no'),
    'integer': fields.Integer(gt=0, lt=100, gte=2, lte=50, description='In four bounds'),
    'fine_integer': fields.Integer(gt=0.5, lte=10.5),
    'float': fields.Float(gt=-1.5, lte=1e20, description='In two bounds'),
    'decimal': fields.Decimal(gte=1, lt=2.5),
    'unlimited_decimal': fields.Decimal(description='NaN is one'),
    'text': fields.UnicodeString(min_length=2, max_length=4, description='Counted in code points'),
    'name': fields.UnicodeString(allow_blank=False),
    'bytes': fields.ByteString(min_length=1, max_length=3, allow_blank=False),
    'unicode_decimal': fields.UnicodeDecimal(description='Digits in a text'),
    'single': fields.Constant('a', description='The only one'),
    'zero': fields.Constant(0),
    'constants': fields.Constant('b', 'a', 10, 9, 2.5, None, decimal.Decimal('1.50'), b'x'),
    'null': fields.Null(),
    'date': fields.Date(gte=datetime.date(2020, 1, 1), lt=datetime.date(2021, 1, 1)),
    'time': fields.Time(gt=datetime.time(8), lte=datetime.time(16, 30, 0, 5), description='At work'),
    'datetime': fields.DateTime(gte=datetime.datetime(2020, 1, 1, 2, 3, 4, 5), lte=datetime.datetime(2021, 1, 1)),
    'moment': fields.DateTime(gt=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)),
    'any_datetime': fields.DateTime(description='With a zone or without'),
    'duration': fields.TimeDelta(lt=datetime.timedelta(days=2, seconds=5, microseconds=7)),
    'zone': fields.TZInfo(description='A zone of time'),
}

CONTAINERS = {
    'list': fields.List(fields.Integer(), min_length=1, max_length=3, description='A few numbers'),
    'ascending': fields.List(fields.Integer(), additional_validator=Ascends()),
    'matrix': fields.List(fields.List(fields.Float())),
    'sequence': fields.Sequence(fields.Constant('a', 'b', 97), max_length=3),
    'set': fields.Set(fields.Integer(), max_length=3, description='Each number once'),
    'tuple': fields.Tuple(fields.Integer(), fields.UnicodeString(), description='A pair'),
    'dictionary': fields.Dictionary(
        collections.OrderedDict([
            ('z', fields.Integer(description='First')),
            ('a', fields.Dictionary({'b.c': fields.Boolean(), '': fields.Null()}, optional_keys=('',))),
            (5, fields.UnicodeString()),
        ]),
        optional_keys=('a', 'z'),
        description='In this order',
    ),
    'open_dictionary': fields.Dictionary({'known': fields.Integer()}, allow_extra_keys=True),
    'sum': fields.Dictionary(
        {'whole': fields.Integer(), 'parts': fields.List(fields.Integer())},
        additional_validator=SumsUp(),
    ),
    'schemaless': fields.SchemalessDictionary(description='Any map'),
    'by_number': fields.SchemalessDictionary(
        key_type=fields.Integer(gte=0),
        value_type=fields.Dictionary({'name': fields.UnicodeString()}),
        min_length=1,
        max_length=2,
    ),
    'by_text': fields.SchemalessDictionary(
        key_type=fields.UnicodeString(max_length=2), value_type=fields.Anything(description='Not shown'),
    ),
}

COMBINATIONS = {
    'nullable': fields.Nullable(fields.Integer(gte=1, description='A number or nothing')),
    'any': fields.Any(
        fields.Integer(gte=10), fields.List(fields.Integer()), fields.Constant('x', 'y'), description='One of three',
    ),
    'all': fields.All(fields.Integer(lt=10), fields.Integer(gt=5), fields.Constant(1, 7), description='All of three'),
    'polymorph': fields.Polymorph(
        'kind',
        {
            'cat': fields.Dictionary({'kind': fields.Constant('cat'), 'lives': fields.Integer(lte=9)}),
            'dog': fields.Dictionary({'kind': fields.Constant('dog'), 'name': fields.UnicodeString()}),
            7: fields.Anything(),
        },
        description='An animal',
    ),
    'deep_polymorph': fields.Polymorph(
        'head.kind',
        {'a': fields.SchemalessDictionary(max_length=1), '__default__': fields.Dictionary({'head': fields.Anything()})},
    ),
    'even': fields.BooleanValidator(
        lambda value: value % 2 == 0, 'value % 2 == 0', 'Not an even number', description='Two divides it',
    ),
    'map': fields.ObjectInstance(dict, description='Any map'),
    'map_or_list': fields.ObjectInstance((dict, list)),
    'deprecated': fields.Deprecated(fields.Integer(description='Not any more')),
}

FORMS = {
    'email': fields.EmailAddress(description='Where to write to'),
    'own_email': fields.EmailAddress(whitelist=('office', 'annex'), max_length=30, allow_blank=False),
    'ip': fields.IPAddress(description='Of either version'),
    'ipv4': fields.IPv4Address(description='Of version 4'),
    'ipv6': fields.IPv6Address(description='Of version 6'),
    'latitude': fields.Latitude(description='North or south'),
    'west': fields.Longitude(gte=-200, lt=0),
    'amount': currency.Amount(description='Any money'),
    'price': currency.Amount(valid_currencies={'USD', 'EUR'}, gt=0, lte=100000),
    'amount_string': currency.AmountString(valid_currencies={'USD', 'EUR'}, gte=-5, lt=1000),
    'any_amount_string': currency.AmountString(description='Any money as a text'),
    'amount_request': currency.AmountRequestDictionary(
        valid_currencies=['USD', 'EUR'], gte=0, lte=99, description='Money to be paid',
    ),
    'amount_response': currency.AmountResponseDictionary(display_required=False),
    'currency': currency.CurrencyCodeField(description='Any currency'),
    'some_currency': currency.CurrencyCodeField(code_filter=lambda code: code.startswith('EU')),
    'country': country.CountryCodeField(description='Any country'),
    'some_country': country.CountryCodeField(code_filter=lambda code: code in ('DE', 'US')),
}

FIELDS = dict(**SCALARS, **CONTAINERS, **COMBINATIONS, **FORMS)


class Catalogue(Action):
    description = 'Gives back a body that has any of all fields.'
    request_schema = fields.Dictionary(
        dict({'id': fields.UnicodeString(description='Which body this is')}, **FIELDS),
        optional_keys=tuple(FIELDS),
        description='One key for each field',
    )

    def run(self, request):
        return request.body
