//! What the compiler says of wrong actions: one error each that names what is wrong.

#[test]
fn wrong_actions_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
