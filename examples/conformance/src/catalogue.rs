//! A schema written by hand that has every field there is, each under a key of its own.

use soa_common::{Date, DateTime, Decimal, Time, UtcDateTime, Value};
use soa_server::{
    BoxError, Schema,
    schema::{
        self, AdditionalValidator, All, Amount, AmountString, Any, Anything, Boolean, BooleanValidator, ByteString,
        Constant, CountryCode, CurrencyCode, Delta, Dictionary, EmailAddress, Float, Hashable, Integer, IpAddress,
        Ipv4Address, Ipv6Address, List, ObjectClass, ObjectInstance, Polymorph, SchemalessDictionary, Sequence, Set,
        TimeDelta, Tuple, TzInfo, UnicodeDecimal, UnicodeString, Violation,
    },
};

/// What the body of `catalogue` must look like.
pub(crate) fn schema() -> Result<Schema, BoxError> {
    let body = Dictionary::new()
        .description("One key for each field")
        .required("id", UnicodeString::new().description("Which body this is"));
    Ok(forms(combinations(containers(moments(scalars(body)?)?))).into())
}

fn scalars(body: Dictionary) -> Result<Dictionary, BoxError> {
    let many: [Value; 8] = [
        "b".into(),
        "a".into(),
        10.into(),
        9.into(),
        2.5.into(),
        Value::Null,
        "1.50".parse::<Decimal>()?.into(),
        b"x".to_vec().into(),
    ];
    Ok(body
        .optional("anything", Anything::new().description("Whatever there is"))
        .optional("hashable", Hashable::new())
        .optional("boolean", Boolean::new().description("Yes or no"))
        .optional("integer", Integer::new().gt(0).lt(100).gte(2).lte(50).description("In four bounds"))
        .optional("fine_integer", Integer::new().gt(0.5).lte(10.5))
        .optional("float", Float::new().gt(-1.5).lte(1e20).description("In two bounds"))
        .optional("decimal", schema::Decimal::new().gte(1).lt(2.5))
        .optional("unlimited_decimal", schema::Decimal::new().description("NaN is one"))
        .optional("text", UnicodeString::new().min_length(2).max_length(4).description("Counted in code points"))
        .optional("name", UnicodeString::new().not_blank())
        .optional("bytes", ByteString::new().min_length(1).max_length(3).not_blank())
        .optional("unicode_decimal", UnicodeDecimal::new().description("Digits in a text"))
        .optional("single", Constant::new(["a"]).description("The only one"))
        .optional("zero", Constant::new([0]))
        .optional("constants", Constant::new(many))
        .optional("null", Schema::Null))
}

fn moments(body: Dictionary) -> Result<Dictionary, BoxError> {
    let (first, next): (Date, Date) = ("2020-01-01".parse()?, "2021-01-01".parse()?);
    let (begin, end): (Time, Time) = ("08:00:00".parse()?, "16:30:00.000005".parse()?);
    let (early, late): (DateTime, DateTime) = ("2020-01-01T02:03:04.000005".parse()?, "2021-01-01T00:00:00".parse()?);
    let utc: UtcDateTime = "2020-01-01T00:00:00Z".parse()?;
    let two_days_and_more = Delta::from_microseconds((2 * 86_400 + 5) * 1_000_000 + 7);
    Ok(body
        .optional("date", schema::Date::new().gte(first).lt(next))
        .optional("time", schema::Time::new().gt(begin).lte(end).description("At work"))
        .optional("datetime", schema::DateTime::new().gte(early).lte(late))
        .optional("moment", schema::DateTime::new().gt(utc))
        .optional("any_datetime", schema::DateTime::new().description("With a zone or without"))
        .optional("duration", TimeDelta::new().lt(two_days_and_more))
        .optional("zone", TzInfo::new().description("A zone of time")))
}

fn containers(body: Dictionary) -> Dictionary {
    let inner = Dictionary::new().required("b.c", Boolean::new()).optional("", Schema::Null);
    let ordered = Dictionary::new()
        .optional("z", Integer::new().description("First"))
        .optional("a", inner)
        .required(5, UnicodeString::new())
        .ordered()
        .description("In this order");
    let sum = Dictionary::new()
        .required("whole", Integer::new())
        .required("parts", List::new(Integer::new()))
        .additional_validator(AdditionalValidator::new("SumsUp", sums_up));
    let by_number = SchemalessDictionary::new()
        .keys(Integer::new().gte(0))
        .values(Dictionary::new().required("name", UnicodeString::new()))
        .min_length(1)
        .max_length(2);
    let by_text = SchemalessDictionary::new()
        .keys(UnicodeString::new().max_length(2))
        .values(Anything::new().description("Not shown"));
    body.optional("list", List::new(Integer::new()).min_length(1).max_length(3).description("A few numbers"))
        .optional(
            "ascending",
            List::new(Integer::new()).additional_validator(AdditionalValidator::new("Ascends", ascends)),
        )
        .optional("matrix", List::new(List::new(Float::new())))
        .optional("sequence", Sequence::new(Constant::new([Value::from("a"), "b".into(), 97.into()])).max_length(3))
        .optional("set", Set::new(Integer::new()).max_length(3).description("Each number once"))
        .optional(
            "tuple",
            Tuple::new([Schema::from(Integer::new()), UnicodeString::new().into()]).description("A pair"),
        )
        .optional("dictionary", ordered)
        .optional("open_dictionary", Dictionary::new().required("known", Integer::new()).allow_extra_keys())
        .optional("sum", sum)
        .optional("schemaless", SchemalessDictionary::new().description("Any map"))
        .optional("by_number", by_number)
        .optional("by_text", by_text)
}

fn combinations(body: Dictionary) -> Dictionary {
    let cat = Dictionary::new().required("kind", Constant::new(["cat"])).required("lives", Integer::new().lte(9));
    let dog = Dictionary::new().required("kind", Constant::new(["dog"])).required("name", UnicodeString::new());
    let animal = Polymorph::new("kind").when("cat", cat).when("dog", dog).when(7, Anything::new());
    let deep = Polymorph::new("head.kind")
        .when("a", SchemalessDictionary::new().max_length(1))
        .otherwise(Dictionary::new().required("head", Anything::new()));
    let even = BooleanValidator::new("value % 2 == 0", "Not an even number", |value| {
        value.as_i64().is_some_and(|value| value % 2 == 0)
    });
    let one_of_three = Any::new([Integer::new().gte(10)])
        .or(List::new(Integer::new()))
        .or(Constant::new(["x", "y"]))
        .description("One of three");
    let all_of_three =
        All::new([Integer::new().lt(10), Integer::new().gt(5)]).and(Constant::new([1, 7])).description("All of three");
    body.optional("nullable", Schema::nullable(Integer::new().gte(1).description("A number or nothing")))
        .optional("any", one_of_three)
        .optional("all", all_of_three)
        .optional("polymorph", animal.description("An animal"))
        .optional("deep_polymorph", deep)
        .optional("even", even.description("Two divides it"))
        .optional("map", ObjectInstance::new([ObjectClass::Dict]).description("Any map"))
        .optional("map_or_list", ObjectInstance::new([ObjectClass::Dict, ObjectClass::List]))
        .optional("deprecated", Schema::deprecated(Integer::new().description("Not any more")))
}

fn forms(body: Dictionary) -> Dictionary {
    let own_email = EmailAddress::new().domain_whitelist(["office", "annex"]).max_length(30).not_blank();
    let request = Dictionary::amount_request(["USD", "EUR"], Integer::new().gte(0).lte(99));
    body.optional("email", EmailAddress::new().description("Where to write to"))
        .optional("own_email", own_email)
        .optional("ip", IpAddress::new().description("Of either version"))
        .optional("ipv4", Ipv4Address::new().description("Of version 4"))
        .optional("ipv6", Ipv6Address::new().description("Of version 6"))
        .optional("latitude", Float::latitude().description("North or south"))
        .optional("west", Float::longitude().gte(-200).lt(0))
        .optional("amount", Amount::new().description("Any money"))
        .optional("price", Amount::new().valid_currencies(["USD", "EUR"]).gt(0).lte(100_000))
        .optional("amount_string", AmountString::new().valid_currencies(["USD", "EUR"]).gte(-5).lt(1000))
        .optional("any_amount_string", AmountString::new().description("Any money as a text"))
        .optional("amount_request", request.description("Money to be paid"))
        .optional("amount_response", Dictionary::amount_response().make_optional("display"))
        .optional("currency", CurrencyCode::new().description("Any currency"))
        .optional("some_currency", CurrencyCode::new().values(["EUR"]))
        .optional("country", CountryCode::new().description("Any country"))
        .optional("some_country", CountryCode::new().values(["US", "DE"]))
}

/// The parts of a whole make the whole.
fn sums_up(value: &Value) -> Vec<Violation> {
    let part = |key| value.as_map().and_then(|map| map.get(key));
    let sum: i128 = part("parts").map(numbers).unwrap_or_default().into_iter().sum();
    match part("whole").and_then(number) == Some(sum) {
        true => Vec::new(),
        false => vec![Violation::new("SUM", "Parts do not make the whole").at("whole")],
    }
}

/// Each number is greater than the one before.
fn ascends(value: &Value) -> Vec<Violation> {
    let numbers = numbers(value);
    let steps = numbers.windows(2).enumerate().filter(|(_, step)| step[1] <= step[0]);
    steps
        .map(|(index, _)| Violation::new("ORDER", "Not greater than the one before").at((index + 1).to_string()))
        .collect()
}

fn numbers(list: &Value) -> Vec<i128> {
    list.as_list().unwrap_or_default().iter().filter_map(number).collect()
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) => number.as_u64().map(i128::from).or(number.as_i64().map(i128::from)),
        _ => None,
    }
}
