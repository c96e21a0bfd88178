//! The labs. Each is a script here, and a folder of the same name beside it with what it says.

mod acks;
mod compression;
mod flush;
mod groups;
mod idempotence;
mod isr;
mod lag;
mod offsets;
mod original;
mod partitions;
mod poison;
mod retention;
mod slow_broker;
mod transactions;

use anyhow::{Context, Result, bail};

use crate::figures::Figures;
use crate::prose::{Language, Needs, Prose, Sheet};
use crate::stage::Stage;

/// Does what the lab is about, and notes what it measured.
type Script = fn(&mut Stage<'_>) -> Result<()>;

/// The choice that the figures show, if they show one. It sees nothing but the figures.
type Judge = fn(&Figures) -> Option<&'static str>;

/// A question, and how it is answered.
pub(crate) struct Lab {
    pub(crate) name: &'static str,
    pub(crate) run: Script,
    pub(crate) judge: Judge,
    sheet: &'static str,
    prose: [&'static str; 2],
}

macro_rules! lab {
    ($name:ident) => {
        named_lab!($name, stringify!($name), $name)
    };
}

macro_rules! named_lab {
    ($module:ident, $name:expr, $folder:ident) => {
        Lab {
            name: $name,
            run: $module::run,
            judge: $module::judge,
            sheet: include_str!(concat!("labs/", stringify!($folder), "/lab.toml")),
            prose: [
                include_str!(concat!("labs/", stringify!($folder), "/en.toml")),
                include_str!(concat!("labs/", stringify!($folder), "/ko.toml")),
            ],
        }
    };
}

/// All, in the order in which a learner meets their subjects.
pub(crate) const LABS: &[Lab] = &[
    lab!(original),
    lab!(acks),
    lab!(idempotence),
    lab!(flush),
    lab!(compression),
    lab!(partitions),
    lab!(groups),
    lab!(lag),
    lab!(offsets),
    lab!(transactions),
    lab!(retention),
    lab!(isr),
    named_lab!(slow_broker, "slow-broker", slow_broker),
    lab!(poison),
];

impl Lab {
    /// What is the same in every language.
    ///
    /// # Errors
    /// The file that is built in is broken, which a test would have seen.
    pub(crate) fn sheet(&self) -> Result<Sheet> {
        toml::from_str(self.sheet).with_context(|| format!("{}/lab.toml", self.name))
    }

    /// What it says in a language.
    ///
    /// # Errors
    /// The file that is built in is broken, which a test would have seen.
    pub(crate) fn prose(&self, language: Language) -> Result<Prose> {
        let [en, ko] = self.prose;
        let text = if language == Language::En { en } else { ko };
        toml::from_str(text).with_context(|| format!("{}/{}.toml", self.name, language.tag()))
    }
}

/// The labs that were named, each once, in the order of [`LABS`].
///
/// # Errors
/// There is none of a name.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<&'static Lab>> {
    let mut chosen = Vec::new();
    for name in names {
        if name != "all" && name != "embedded" && !LABS.iter().any(|lab| lab.name == name) {
            bail!("there is no lab `{name}`; `cargo xtask lab` lists them");
        }
    }
    for lab in LABS {
        let is_embedded = lab.sheet()?.needs == Needs::Embedded;
        let is_meant = |name: &String| match name.as_str() {
            "all" => true,
            "embedded" => is_embedded,
            name => name == lab.name,
        };
        if names.iter().any(is_meant) {
            chosen.push(lab);
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn keys(map: &std::collections::BTreeMap<String, String>) -> BTreeSet<&str> {
        map.keys().map(String::as_str).collect()
    }

    /// What stands in a script between `start` and the next quotation mark.
    fn named_in<'a>(script: &'a str, start: &str) -> BTreeSet<&'a str> {
        script.split(start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    /// The figures that a text names.
    fn figures_in(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn every_lab_says_all_that_it_must_in_both_languages() {
        for lab in LABS {
            let sheet = lab.sheet().unwrap();
            let name = lab.name;
            let choices: BTreeSet<&str> = sheet.choices.iter().map(String::as_str).collect();
            assert!((2..=5).contains(&choices.len()), "{name}");
            assert!(choices.contains(sheet.shows.as_str()), "{name}");
            let wrong: BTreeSet<&str> =
                choices.iter().copied().filter(|choice| *choice != sheet.shows).collect();
            let [en, ko] = Language::ALL.map(|language| lab.prose(language).unwrap());
            for prose in [&en, &ko] {
                assert_eq!(keys(&prose.choices), choices, "{name}");
                assert!(keys(&prose.outcomes).contains(sheet.shows.as_str()), "{name}");
                assert!(keys(&prose.outcomes).is_subset(&choices), "{name}");
                assert_eq!(keys(&prose.mistakes), wrong, "{name}: a sentence for each mistake");
            }
            assert_eq!(en.control.is_some(), ko.control.is_some(), "{name}");
            assert_eq!(keys(&en.steps), keys(&ko.steps), "{name}");
            assert_eq!(keys(&en.words), keys(&ko.words), "{name}");
            assert_eq!(keys(&en.outcomes), keys(&ko.outcomes), "{name}");
            for choice in en.outcomes.keys() {
                let [en, ko] = [&en, &ko].map(|prose| figures_in(&prose.outcomes[choice]));
                assert_eq!(en, ko, "{name}, {choice}: the same figures in both languages");
            }
        }
    }

    #[test]
    fn every_step_of_a_script_has_its_words_and_all_words_a_step() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/labs");
        for lab in LABS {
            let file = folder.join(lab.name.replace('-', "_")).with_extension("rs");
            let script = fs::read_to_string(&file).unwrap();
            let steps = named_in(&script, ".step(\"");
            assert_eq!(steps, keys(&lab.prose(Language::En).unwrap().steps), "{}", lab.name);
        }
    }

    #[test]
    fn the_readmes_list_the_labs_as_the_tool_does() {
        let root = kp_process::workspace::root();
        for (file, language) in [("README.md", Language::En), ("README.ko.md", Language::Ko)] {
            let readme = fs::read_to_string(root.join(file)).unwrap();
            for lab in LABS {
                let row = format!("| `{}` | {} |", lab.name, lab.prose(language).unwrap().title);
                assert!(readme.contains(&row), "{file}: {row}");
            }
        }
    }

    #[test]
    fn no_script_leaves_a_program_of_kp_to_a_shell() {
        // A signal that ends the shell would leave the program behind.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/labs");
        let mut commands = 0;
        for lab in LABS {
            let file = folder.join(lab.name.replace('-', "_")).with_extension("rs");
            let script = fs::read_to_string(&file).unwrap();
            let texts = script.split('"').skip(1).step_by(2);
            for text in texts.filter(|text| text.contains("kp-")) {
                commands += 1;
                let outside_of_quotes: String = text.split('\'').step_by(2).collect();
                assert!(!outside_of_quotes.contains('|'), "{}: {text}", lab.name);
            }
        }
        assert!(commands > LABS.len(), "{commands} commands were found");
    }

    #[test]
    fn nothing_measured_shows_nothing() {
        for lab in LABS {
            assert_eq!((lab.judge)(&Figures::default()), None, "{}", lab.name);
        }
    }

    #[test]
    fn a_lab_is_chosen_once_and_by_its_name() {
        let names = ["flush", "all"].map(str::to_owned);
        assert_eq!(chosen(&names).unwrap().len(), LABS.len());
        let error = chosen(&["flash".to_owned()]).err().unwrap().to_string();
        assert!(error.contains("no lab `flash`"), "{error}");
    }
}
