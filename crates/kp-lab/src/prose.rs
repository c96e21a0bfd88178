//! What a lab says, in each language: the files beside its script.

use std::collections::BTreeMap;
use std::env;

use anyhow::{Context, Result};
use serde::Deserialize;

/// A language of the explanations. What the programs say is English in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// Korean.
    Ko,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// That of the environment: the first variable that is set counts, as in every other program.
    pub(crate) fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| env::var(name).ok());
        Self::of_locale(&set.into_iter().find(|value| !value.is_empty()).unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        if locale == "ko" || locale.starts_with("ko_") { Self::Ko } else { Self::En }
    }

    /// Its tag, as HTML has it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }
}

/// Which brokers a lab needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Needs {
    /// `kp-broker`, and nothing else.
    Embedded,
    /// Docker.
    Docker,
    /// Docker, and a Python that can have the original's client.
    Python,
}

/// `lab.toml`: what is the same in every language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sheet {
    pub(crate) needs: Needs,
    /// The most that it takes, in seconds, once the images are there.
    pub(crate) seconds: u64,
    /// What can be predicted. `a` is the first.
    pub(crate) choices: Vec<String>,
    /// The choice that a machine shows on which the property holds.
    pub(crate) shows: String,
}

/// `en.toml` or `ko.toml`: the words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prose {
    /// The question, as short as it is asked in the list.
    pub(crate) title: String,
    /// What a reader has to know to predict.
    pub(crate) about: String,
    /// What exactly is to be predicted.
    pub(crate) question: String,
    /// The property that must show, as a sentence.
    pub(crate) property: String,
    /// The choices, by their names in `lab.toml`.
    pub(crate) choices: BTreeMap<String, String>,
    /// What each step of the script is for.
    pub(crate) steps: BTreeMap<String, String>,
    /// Names of cases, measures and plots. What is not named here is shown as it is.
    #[serde(default)]
    pub(crate) words: BTreeMap<String, String>,
    /// What it means that a choice was measured; `{case.measure}` is a figure.
    pub(crate) outcomes: BTreeMap<String, String>,
    /// Why somebody may have predicted this choice, and where the mistake is.
    pub(crate) mistakes: BTreeMap<String, String>,
    /// What is said where the machine showed none of the choices.
    pub(crate) not_shown: String,
    /// What the control leaves out, so that the property must not show; none where no cause can be
    /// left out.
    pub(crate) control: Option<String>,
    /// What follows for a program of one's own, with what to try next.
    pub(crate) follows: String,
}

impl Prose {
    /// A case, a measure or a plot in words.
    pub(crate) fn word<'a>(&'a self, key: &'a str) -> &'a str {
        self.words.get(key).map_or(key, String::as_str)
    }

    /// A step in words.
    ///
    /// # Errors
    /// The file has none of this name.
    pub(crate) fn step(&self, key: &str) -> Result<&str> {
        let step = self.steps.get(key).map(String::as_str);
        step.with_context(|| format!("the words of the step `{key}` are missing"))
    }
}

/// What the tool itself says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// The columns of the list.
    pub(crate) columns: [String; 4],
    /// Below the list.
    pub(crate) how_to_run: String,
    pub(crate) embedded: String,
    pub(crate) docker: String,
    /// Asks for a choice; `{letters}` are those that there are.
    pub(crate) ask: String,
    /// What is not a choice; `{letters}` are those that there are.
    pub(crate) no_choice: String,
    pub(crate) go_on: String,
    pub(crate) measured: String,
    /// `{choice}` was measured, and was predicted.
    pub(crate) right: String,
    /// `{choice}` was predicted, `{measured}` was measured.
    pub(crate) wrong: String,
    /// `{choice}` was measured, and nothing was predicted.
    pub(crate) unpredicted: String,
    pub(crate) not_shown: String,
    /// The machine showed something else than most do, and what most do was predicted.
    pub(crate) otherwise: String,
    pub(crate) follows: String,
    pub(crate) control: String,
    pub(crate) control_failed: String,
    pub(crate) control_passed: String,
    /// `{count}` lines are left out.
    pub(crate) more_lines: String,
    pub(crate) report: ReportWords,
}

/// What only the report says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportWords {
    pub(crate) title: String,
    pub(crate) intro: String,
    pub(crate) machine: String,
    /// `{cores}`, `{memory}`.
    pub(crate) cores: String,
    pub(crate) contents: String,
    pub(crate) question: String,
    pub(crate) property: String,
    pub(crate) done: String,
    /// `{seconds}`.
    pub(crate) took: String,
    pub(crate) not_run: String,
}

impl Words {
    /// # Errors
    /// The file that is built in is broken, which a test would have seen.
    pub(crate) fn of(language: Language) -> Result<Self> {
        let text = match language {
            Language::En => include_str!("words/en.toml"),
            Language::Ko => include_str!("words/ko.toml"),
        };
        toml::from_str(text).with_context(|| format!("the words in {}", language.tag()))
    }
}

/// Puts values in the place of their names in braces.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_environments() {
        for (locale, language) in [
            ("ko_KR.UTF-8", Language::Ko),
            ("ko", Language::Ko),
            ("en_US.UTF-8", Language::En),
            ("kok_IN", Language::En),
            ("C", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }

    #[test]
    fn both_languages_have_the_words_of_the_tool() {
        for language in Language::ALL {
            let words = Words::of(language).unwrap();
            assert!(words.ask.contains("{letters}"), "{}", words.ask);
            assert!(words.right.contains("{choice}") && words.wrong.contains("{measured}"));
        }
    }
}
