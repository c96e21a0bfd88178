//! Every error code in words: what it means, and what to change. The sentence reads on after
//! "cannot ...: ".
//!
//! A message that says more than its code can is made where more is known, for instance how many
//! replicas are in sync. These are the words for all other codes.

mod broker;
mod local;

use rdkafka::error::RDKafkaErrorCode as Code;

/// What a code means and what to change. Kafka's name for it stands behind, to search for it.
pub(crate) fn words(code: Code) -> String {
    match meaning(code) {
        Some(meaning) => format!("{meaning} ({code:?})"),
        None => code.to_string(),
    }
}

/// A broker's own words for a failure, if it sent some, and what the code means.
pub(crate) fn said(code: Code, text: &str) -> String {
    let words = words(code);
    let text = text.trim_end_matches('.');
    let is_librdkafkas = code.to_string().ends_with(&format!("({text})"));
    if text.is_empty() || is_librdkafkas {
        return words;
    }
    format!("{text}: {words}")
}

/// librdkafka's own codes are below zero.
fn meaning(code: Code) -> Option<&'static str> {
    local::meaning(code).or_else(|| broker::meaning(code))
}

#[cfg(test)]
mod tests {
    use kp_rdkafka::error_codes;

    use super::*;

    #[test]
    fn every_code_has_words_of_its_own() {
        let codes = error_codes();
        assert!(codes.len() > 150, "librdkafka's list is whole: {codes:?}");
        for (code, description) in codes {
            let said = meaning(code).unwrap_or_else(|| panic!("{code:?} has no words"));
            assert!(said.len() > 20 && !said.contains(&description), "{code:?}: {said}");
            assert!(
                !said.ends_with('.') && !said.starts_with(char::is_uppercase)
                    || said.starts_with("TLS"),
                "{code:?}: {said}"
            );
            assert!(local::meaning(code).is_none() || broker::meaning(code).is_none(), "{code:?}");
            assert!(
                said.contains(';') || said.contains('?'),
                "what to change after {code:?}: {said}"
            );
        }
    }

    #[test]
    fn what_a_broker_says_itself_stands_before_it() {
        let own = said(Code::InvalidConfig, "Unknown topic config name: foo.");
        assert!(own.starts_with("Unknown topic config name: foo: the broker"), "{own}");
        for none in ["", "Broker: Configuration is invalid"] {
            assert_eq!(said(Code::InvalidConfig, none), words(Code::InvalidConfig));
        }
    }

    #[test]
    fn the_name_to_search_for_stands_behind_the_words() {
        let said = words(Code::NotEnoughReplicas);
        assert!(
            said.contains("min.insync.replicas") && said.ends_with("(NotEnoughReplicas)"),
            "{said}"
        );
    }
}
