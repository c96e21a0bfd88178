//! What a run came to, in sentences.

use anyhow::Result;

use crate::labs::Lab;
use crate::prose::{Prose, Sheet, Words, fill};
use crate::record::Record;

/// A run of a lab, with what was predicted and what its figures show.
pub(crate) struct Verdict {
    /// The choice that was predicted.
    pub(crate) predicted: Option<String>,
    /// The choice that was measured.
    pub(crate) measured: Option<&'static str>,
}

impl Verdict {
    pub(crate) fn of(lab: &Lab, record: &Record, predicted: Option<String>) -> Self {
        Self { predicted, measured: (lab.judge)(&record.figures) }
    }

    /// The sentences, one paragraph each: the prediction beside the outcome, the mistake if it was
    /// one, and what the outcome means.
    ///
    /// # Errors
    /// A sentence names a figure that was not measured.
    pub(crate) fn sentences(
        &self,
        sheet: &Sheet,
        prose: &Prose,
        words: &Words,
        record: &Record,
    ) -> Result<Vec<String>> {
        let Some(measured) = self.measured else {
            let said = record.figures.fill(&prose.not_shown)?;
            return Ok(vec![format!("{} {said}", words.not_shown)]);
        };
        let mut sentences = Vec::new();
        let shown = lettered(measured, sheet, prose);
        match &self.predicted {
            None => sentences.push(fill(&words.unpredicted, &[("choice", &shown)])),
            Some(choice) if choice == measured => {
                sentences.push(fill(&words.right, &[("choice", &shown)]));
            }
            Some(choice) => {
                let predicted = lettered(choice, sheet, prose);
                let values = [("choice", predicted.as_str()), ("measured", &shown)];
                sentences.push(fill(&words.wrong, &values));
                // What a mistake is depends on what most machines show.
                let mistake = prose.mistakes.get(choice).filter(|_| measured == sheet.shows);
                let why = mistake.or((*choice == sheet.shows).then_some(&words.otherwise));
                if let Some(why) = why {
                    sentences.push(record.figures.fill(why)?);
                }
            }
        }
        if let Some(outcome) = prose.outcomes.get(measured) {
            sentences.push(record.figures.fill(outcome)?);
        }
        Ok(sentences)
    }
}

/// `b) “None is lost”`, a choice as it stood in the question.
fn lettered(choice: &str, sheet: &Sheet, prose: &Prose) -> String {
    let place = sheet.choices.iter().position(|name| name == choice).unwrap_or_default();
    let text = prose.choices.get(choice).map_or(choice, String::as_str).trim();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}) “{}”", letter(place), text.trim_end_matches('.'))
}

/// The letter of a choice.
pub(crate) fn letter(place: usize) -> char {
    ('a'..='z').nth(place).unwrap_or('?')
}

/// The choice that was meant, by its letter or its name.
pub(crate) fn choice_of<'a>(typed: &str, sheet: &'a Sheet) -> Option<&'a str> {
    let typed = typed.trim().trim_end_matches(')').to_lowercase();
    let places = sheet.choices.iter().enumerate();
    let meant = |(place, name): &(usize, &String)| {
        typed == letter(*place).to_string() || typed == name.to_lowercase()
    };
    places.into_iter().find(meant).map(|(_, name)| name.as_str())
}

/// `a, b, c`
pub(crate) fn letters(sheet: &Sheet) -> String {
    let letters = (0..sheet.choices.len()).map(|place| letter(place).to_string());
    letters.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prose::Needs;

    fn sheet() -> Sheet {
        Sheet {
            needs: Needs::Embedded,
            seconds: 60,
            choices: ["none", "some"].map(str::to_owned).to_vec(),
            shows: "some".to_owned(),
        }
    }

    #[test]
    fn a_choice_is_meant_by_its_letter_or_its_name() {
        for typed in ["b", "B", "b)", " some ", "Some"] {
            assert_eq!(choice_of(typed, &sheet()), Some("some"), "{typed}");
        }
        for typed in ["c", "", "so", "1"] {
            assert_eq!(choice_of(typed, &sheet()), None, "{typed}");
        }
        assert_eq!(letters(&sheet()), "a, b");
    }
}
