//! Any bytes against a schema of every kind: what is tried quietly is accepted exactly when nothing is wrong with it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use soa_server::schema::{
    All, Any, BooleanValidator, Constant, Dictionary, Float, Hashable, Integer, List, Polymorph, Schema,
    SchemalessDictionary, Sequence, Set, Tuple, UnicodeString,
};

static SCHEMAS: LazyLock<[Schema; 2]> = LazyLock::new(|| {
    let leaf = Any::new([Schema::from(Integer::new().gt(0)), UnicodeString::new().not_blank().into()]);
    let leaf = leaf.or(Float::new().lt(1)).or(Constant::new([false])).or(Schema::Null);
    let lists =
        Any::new([Schema::from(List::new(leaf.clone()).max_length(3)), Set::new(leaf.clone()).min_length(2).into()]);
    let lists = lists.or(Tuple::new([leaf.clone(), leaf.clone()])).or(Sequence::new(leaf.clone()));
    let map = SchemalessDictionary::new().keys(All::new([Schema::from(Hashable::new()), leaf.clone().into()]));
    let map = map.values(lists.clone()).min_length(1).max_length(2);
    let contents = Dictionary::new().required("a", leaf).optional(1, lists).optional("m", map);
    let other = Schema::deprecated(contents.clone().allow_extra_keys());
    let all = Schema::nullable(List::new(Polymorph::new("a.b").when(1, contents.clone()).otherwise(other)));
    let all = Schema::from(Any::new([all, contents.into()]));
    let never = Schema::from(BooleanValidator::new("never", "never", |_| false));
    [all.clone(), Any::new([all, never]).into()]
});

fuzz_target!(|bytes: &[u8]| {
    let [schema, or_never] = &*SCHEMAS;
    assert_eq!(schema.validate(bytes).is_empty(), or_never.validate(bytes).is_empty());
});
