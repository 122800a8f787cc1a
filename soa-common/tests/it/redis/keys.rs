use std::collections::BTreeMap;

use soa_common::transport::redis::keys::master_of;

#[test]
fn a_response_list_is_on_the_master_the_original_finds() {
    let masters: BTreeMap<String, Vec<usize>> =
        serde_json::from_str(include_str!("../../vectors/masters.json")).unwrap();
    assert!(masters.len() > 150);
    for (key, expected) in masters {
        let found: Vec<_> = (1..=16).map(|count| master_of(key.as_bytes(), count)).collect();
        assert_eq!(found, expected, "{key}");
    }
}
