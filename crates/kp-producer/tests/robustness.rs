//! Whatever is typed: understood, or refused in words, never a panic. `PROPTEST_CASES` says how
//! many lines are tried.

use proptest::prelude::*;

/// A word that is a flag of some kind, a value of some kind, or neither.
fn word() -> impl Strategy<Value = String> {
    let command = kp_producer::command();
    let flags: Vec<String> = command
        .get_arguments()
        .filter_map(|flag| flag.get_long().map(|long| format!("--{long}")))
        .collect();
    prop_oneof![
        proptest::sample::select(flags.clone()),
        proptest::sample::select(flags)
            .prop_flat_map(|flag| (Just(flag), "=.{0,20}").prop_map(|(flag, value)| flag + &value)),
        "-[a-zA-Z]{1,3}",
        "[a-z0-9:=,.@|-]{0,20}",
        ".{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_command_line(words in proptest::collection::vec(word(), 0..8)) {
        let words = std::iter::once("kp-producer".to_owned()).chain(words);
        if let Err(error) = kp_producer::command().try_get_matches_from(words) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
