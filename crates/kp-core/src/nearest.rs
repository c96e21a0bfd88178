//! The name that was probably meant.

/// The most similar of `names`, if any is similar enough to be worth naming.
pub(crate) fn nearest(typed: &str, names: &[&'static str]) -> Option<&'static str> {
    const SIMILAR: f64 = 0.75;
    let typed = typed.to_lowercase();
    names
        .iter()
        .map(|&name| (strsim::jaro_winkler(&typed, name), name))
        .filter(|&(similarity, _)| similarity >= SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// What an error message says of the name that was probably meant: `, did you mean x?`, or nothing.
pub(crate) fn did_you_mean(typed: &str, names: &[&'static str]) -> String {
    nearest(typed, names).map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_forgives_typing_errors_but_not_other_words() {
        let names = ["line", "seed", "json", "value"];
        assert_eq!(nearest("jsno", &names), Some("json"));
        assert_eq!(nearest("LINE", &names), Some("line"));
        assert_eq!(nearest("values", &names), Some("value"));
        assert_eq!(nearest("xml", &names), None);
        assert_eq!(nearest("", &names), None);
    }
}
