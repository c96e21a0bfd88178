//! The name that was probably meant.
//!
//! A hint that is far off misleads, so none is given then. What counts is the number of typing
//! errors between two names, and how many a name of this length may have.

/// The name that was probably meant, in any case of letters; none where no candidate is near.
pub fn most_alike<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((errors(typed, candidate)?, candidate)))
        .min_by_key(|(errors, _)| *errors)
        .map(|(_, candidate)| candidate)
}

/// Whether a name is so near to what was typed that it was probably meant.
#[must_use]
pub fn is_near(typed: &str, name: &str) -> bool {
    errors(typed, name).is_some()
}

/// The typing errors between two names: a letter too many, missing, wrong, or two that changed
/// places. None where they are more than a short, a longer or a long name may have.
fn errors(typed: &str, name: &str) -> Option<usize> {
    let (typed, name) = (typed.to_lowercase(), name.to_lowercase());
    let (one, other) = (typed.chars().count(), name.chars().count());
    let allowed = match one.max(other) {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    // The table of distances is the product of both lengths.
    if one.abs_diff(other) > allowed {
        return None;
    }
    let errors = strsim::damerau_levenshtein(&typed, &name);
    (errors <= allowed).then_some(errors)
}

/// What an error message says of the name that was probably meant: `, did you mean x?`, or nothing.
pub(crate) fn did_you_mean(typed: &str, names: &[&str]) -> String {
    most_alike(typed, names.iter().copied())
        .map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn typing_errors_are_forgiven() {
        let names = ["line", "seed", "json", "value"];
        for (typed, meant) in [
            ("jsno", "json"),
            ("jsn", "json"),
            ("LINE", "line"),
            ("values", "value"),
            ("vlaue", "value"),
        ] {
            assert_eq!(most_alike(typed, names), Some(meant), "{typed}");
        }
        assert!(is_near("topik1", "topic1") && is_near("payments", "Payments"));
        assert!(is_near("bootstap_servrs", "bootstrap_servers"));
    }

    #[test]
    fn a_far_name_is_not_offered() {
        for (typed, far) in [
            ("quiet", "audit"),
            ("brokers", "key"),
            ("nope", "copy"),
            ("xml", "line"),
            ("valid", "value"),
            ("t1", "t2"),
            ("", "a"),
            ("topic", "orders"),
        ] {
            assert!(!is_near(typed, far), "{typed} {far}");
        }
        assert_eq!(most_alike("topic1", []), None);
    }

    #[test]
    fn of_several_the_nearest_is_offered() {
        assert_eq!(most_alike("orders2", ["order", "orders1x", "orders"]), Some("orders"));
    }

    proptest! {
        #[test]
        fn a_name_is_near_to_itself_and_nearness_is_mutual(one in ".{0,30}", other in ".{0,30}") {
            prop_assert!(is_near(&one, &one));
            prop_assert_eq!(is_near(&one, &other), is_near(&other, &one));
        }
    }
}
