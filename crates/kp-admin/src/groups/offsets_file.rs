//! What a group committed, as a file: it undoes a change, and a group can be reset by it.
//!
//! ```json
//! {"schema": "kp.admin.groups.offsets/1", "group": "billing", "broker": "localhost:9092",
//!  "written": "2026-11-29T14:34:56Z", "offsets": [
//!    {"topic": "orders", "partition": 0, "offset": 42},
//!    {"topic": "orders", "partition": 1, "offset": null}
//!  ]}
//! ```
//! `null` is a partition for which nothing was committed.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use kp_cli::{Exit, Stop};
use kp_client::admin::{DescribedGroup, Place, ResetPlan};
use kp_settings::StartAt;
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "kp.admin.groups.offsets/1";
/// So many characters of a group's name stand in a file's name.
const LONGEST: usize = 100;
/// So many names are tried where files of the same second are there.
const TRIES: usize = 100;

/// The file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OffsetsFile {
    schema: String,
    pub(super) group: String,
    broker: String,
    /// In UTC.
    written: String,
    offsets: Vec<Offset>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offset {
    topic: String,
    partition: i32,
    // A missing key is no null: it would take an offset away that somebody forgot to write down.
    #[serde(deserialize_with = "Option::deserialize")]
    offset: Option<i64>,
}

impl OffsetsFile {
    /// What stands where the plan changes something.
    pub(super) fn before(plan: &ResetPlan, broker: &str) -> Self {
        let changed = plan.steps.iter().filter(|step| step.is_change());
        let offsets = changed.map(|step| Offset {
            topic: step.topic.clone(),
            partition: step.partition,
            offset: step.now,
        });
        Self::new(&plan.group, broker, offsets.collect())
    }

    /// All that a group has committed, as far as it shows; none where that is nothing.
    pub(super) fn of(group: &DescribedGroup, broker: &str) -> Option<Self> {
        let offsets = group.partitions.iter().filter_map(|one| {
            let (topic, partition) = (one.topic.clone(), one.partition);
            Some(Offset { topic, partition, offset: Some(one.committed?) })
        });
        let offsets: Vec<_> = offsets.collect();
        (!offsets.is_empty()).then(|| Self::new(&group.name, broker, offsets))
    }

    fn new(group: &str, broker: &str, offsets: Vec<Offset>) -> Self {
        let (schema, written) = (SCHEMA.to_owned(), now());
        Self { schema, group: group.to_owned(), broker: broker.to_owned(), written, offsets }
    }

    /// The command that brings back what a file has, as a shell takes it.
    pub(super) fn undo(group: &str, file: &Path) -> String {
        let file = file.display().to_string();
        format!("kp-admin groups reset {} --from-file {}", shell(group), shell(&file))
    }

    /// Writes the file, under this name or one of its own in the current folder. No file is ever
    /// overwritten. What is written is on the disk when this returns.
    pub(super) fn write(&self, to: Option<&Path>) -> Result<PathBuf, Stop> {
        let own = |turn| PathBuf::from(self.file_name(turn));
        let (path, file) = match to {
            Some(path) => (path.to_owned(), create(path)),
            None => (1..=TRIES)
                .map(|turn| (own(turn), create(&own(turn))))
                .find(|(_, file)| !is_there(file))
                .unwrap_or_else(|| (own(1), create(&own(1)))),
        };
        let written = file.and_then(|mut file| {
            let mut text = serde_json::to_vec_pretty(self)?;
            text.push(b'\n');
            file.write_all(&text)?;
            file.sync_all()
        });
        match written {
            Ok(()) => Ok(path),
            Err(error) => {
                let message = format!(
                    "cannot write what is committed now to {}: {error}; nothing was changed, and \
                     --undo-file names another file",
                    path.display()
                );
                Err(Stop::new(Exit::Unexpected, message))
            }
        }
    }

    fn file_name(&self, turn: usize) -> String {
        let is_safe = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
        let safe = self.group.chars().map(|one| if is_safe(one) { one } else { '_' });
        let group: String = safe.take(LONGEST).collect();
        let time: String = self.written.chars().filter(char::is_ascii_alphanumeric).collect();
        let turn = if turn == 1 { String::new() } else { format!("-{turn}") };
        format!("kp-undo-{group}-{time}{turn}.json")
    }

    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, Stop> {
        let wrong =
            |why: String| Stop::new(Exit::Usage, format!("--from-file {}: {why}", path.display()));
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let file: Self = serde_json::from_slice(&text).map_err(|error| {
            wrong(format!("this is no file of offsets that `kp-admin groups` wrote: {error}"))
        })?;
        file.check().map_err(wrong)?;
        Ok(file)
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("its schema is {:?}, and {SCHEMA} is known", self.schema));
        }
        for one in &self.offsets {
            let Offset { topic, partition, offset } = one;
            kp_settings::check_topic_name(topic).map_err(|why| format!("{topic:?}: {why}"))?;
            let place = format!("partition {partition} of topic {topic}");
            if *partition < 0 || offset.is_some_and(|offset| offset < 0) {
                return Err(format!("{place}: a number is negative"));
            }
            let is_same = |other: &&Offset| (&other.topic, other.partition) == (topic, *partition);
            if self.offsets.len() != self.places().len()
                && self.offsets.iter().filter(is_same).count() > 1
            {
                return Err(format!("{place} stands there twice"));
            }
        }
        Ok(())
    }

    /// The offsets by topic and partition.
    pub(super) fn places(&self) -> BTreeMap<Place, Option<i64>> {
        let offsets = self.offsets.iter();
        offsets.map(|one| ((one.topic.clone(), one.partition), one.offset)).collect()
    }
}

/// A word as a shell takes it.
pub(super) fn shell(word: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "._-/:@%+=,".contains(one);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn is_there(file: &io::Result<File>) -> bool {
    file.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
}

/// Now, to the second, in UTC.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let milliseconds = i64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
    StartAt::Time(milliseconds).to_string().trim_start_matches('@').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(group: &str) -> OffsetsFile {
        OffsetsFile {
            schema: SCHEMA.to_owned(),
            group: group.to_owned(),
            broker: "b:9092".to_owned(),
            written: "2026-11-29T14:34:56Z".to_owned(),
            offsets: vec![
                Offset { topic: "t".to_owned(), partition: 0, offset: Some(42) },
                Offset { topic: "t".to_owned(), partition: 1, offset: None },
            ],
        }
    }

    fn read(text: &str) -> Result<OffsetsFile, String> {
        let file: OffsetsFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        file.check().map(|()| file)
    }

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let text = serde_json::to_string_pretty(&file("g")).unwrap();
        assert_eq!(read(&text), Ok(file("g")));
        let places = file("g").places();
        assert_eq!(places[&("t".to_owned(), 0)], Some(42));
        assert_eq!(places[&("t".to_owned(), 1)], None);
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        let good = serde_json::to_string(&file("g")).unwrap();
        for (from, to, says) in [
            ("offsets/1", "offsets/2", "schema"),
            ("\"offset\":42", "\"offset\":-1", "negative"),
            ("\"partition\":0", "\"partition\":-1", "negative"),
            ("\"partition\":0", "\"partition\":1", "twice"),
            (",\"offset\":null", "", "offset"),
            ("\"topic\":\"t\"", "\"topic\":\"a b\"", "a b"),
            ("\"broker\"", "\"brokers\"", "brokers"),
        ] {
            let text = good.replacen(from, to, 1);
            assert_ne!(text, good, "{from}");
            let why = read(&text).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }

    #[test]
    fn a_files_name_is_safe_whatever_the_group_is_called() {
        let name = |group: &str| file(group).file_name(1);
        assert_eq!(name("billing"), "kp-undo-billing-20261129T143456Z.json");
        assert_eq!(name("../a b\x1b\n"), "kp-undo-.._a_b__-20261129T143456Z.json");
        assert!(name(&"x".repeat(249)).len() < 150);
        assert_eq!(file("g").file_name(2), "kp-undo-g-20261129T143456Z-2.json");
    }

    #[test]
    fn no_file_is_ever_overwritten() {
        let folder = std::env::temp_dir().join(format!("kp-undo-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("undo.json");
        assert_eq!(file("g").write(Some(&path)).unwrap(), path);
        let again = file("h").write(Some(&path)).unwrap_err();
        assert!(again.message.contains("nothing was changed"), "{again}");
        assert_eq!(OffsetsFile::read(&path).unwrap(), file("g"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_command_that_undoes_it_survives_a_shell() {
        assert_eq!(
            OffsetsFile::undo("g", Path::new("a/f.json")),
            "kp-admin groups reset g --from-file a/f.json"
        );
        assert_eq!(
            OffsetsFile::undo("it's $me", Path::new("f.json")),
            r"kp-admin groups reset 'it'\''s $me' --from-file f.json"
        );
    }
}
