//! One layer of settings: checked values, each with the name it was written under.

pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod flags;
pub(crate) mod folder;
pub(crate) mod named;
pub(crate) mod project;
pub(crate) mod trust;
pub(crate) mod user;

use std::path::Path;

use crate::error::SettingsError;
use crate::given::Given;
use crate::kind::Kind;
use crate::names::RAW;
use crate::origin::Origin;
use crate::secret::{REDACTED, UNDISCLOSED};
use crate::value::Value;
use crate::zone::LocalZone;
use crate::{librdkafka, nearest, owned, table};

/// The guard against changes.
pub(crate) const READ_ONLY: &str = "kafka.read_only";

/// Properties by which librdkafka loads a library or starts a program.
static RUNS: &[&str] =
    &["plugin.library.paths", "ssl.engine.location", "ssl.providers", "sasl.kerberos.kinit.cmd"];

/// A checked value of one setting or raw property, and where it stands.
#[derive(Clone)]
pub(crate) struct Assignment {
    /// The key that it was written under: a raw property may set a typed setting.
    pub(crate) written: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl Assignment {
    pub(crate) fn new(key: &str, value: Value, origin: Origin) -> Self {
        Self { written: key.to_owned(), value, origin }
    }

    /// The value as one would write it; `***` for a secret.
    pub(crate) fn shown(&self, is_secret: bool) -> String {
        if is_secret { REDACTED.to_owned() } else { self.value.to_string() }
    }

    /// Where it stands and its name, as an error message begins.
    pub(crate) fn place(&self) -> String {
        place(&self.origin, &self.written)
    }
}

/// One layer: everything that one file, the environment or the flags set.
#[derive(Default)]
pub(crate) struct Layer {
    pub(crate) assignments: Vec<Assignment>,
    /// The zone of times that are written without one.
    here: LocalZone,
}

impl Layer {
    pub(crate) fn new(here: &LocalZone) -> Self {
        Self { assignments: Vec::new(), here: here.clone() }
    }

    /// Checks a value and takes it in.
    pub(crate) fn assign(
        &mut self,
        key: &str,
        given: &Given,
        origin: Origin,
    ) -> Result<(), SettingsError> {
        let new = Assignment::new(key, self.read(key, given, &origin)?, origin);
        match self.assignments.iter().find(|before| before.written == key) {
            // As in other programs, the last of a repeated flag counts.
            Some(before) if !matches!(new.origin, Origin::Flag(_)) => {
                Err(SettingsError::Twice { first: before.place(), second: new.place() })
            }
            _ => {
                self.assignments.push(new);
                Ok(())
            }
        }
    }

    /// Makes the relative paths in it start from this folder.
    pub(crate) fn start_from(&mut self, folder: &Path) {
        for own in &mut self.assignments {
            let kind = table::find(&own.written).map(|setting| setting.kind);
            let path = match (kind, &mut own.value) {
                (Some(Kind::Path | Kind::SecretFile), Value::Text(path)) => path,
                // A name without a slash is looked for in PATH.
                (_, Value::Command(words)) if words[0].contains('/') => &mut words[0],
                _ => continue,
            };
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    }

    /// Refuses what a file that is only found may not say.
    pub(crate) fn refuse_what_is_the_users(&self) -> Result<(), SettingsError> {
        self.refuse_what_runs()?;
        let opens =
            |own: &&Assignment| own.written == READ_ONLY && own.value == Value::Boolean(false);
        match self.assignments.iter().find(opens) {
            None => Ok(()),
            Some(own) => Err(SettingsError::Contradiction(format!(
                "{}: a settings file that is only found may set this, and not take it back; leave \
                 it out, or name the file by --config",
                own.place()
            ))),
        }
    }

    /// Refuses what runs code of others. A file that is found, and not named, must not: it
    /// may have come along with anything.
    fn refuse_what_runs(&self) -> Result<(), SettingsError> {
        let runs = |own: &&Assignment| match own.written.strip_prefix(RAW) {
            Some(name) => RUNS.iter().any(|runs| librdkafka::same(runs, name)),
            None => table::find(&own.written).is_some_and(|setting| setting.kind == Kind::Command),
        };
        match self.assignments.iter().find(runs) {
            None => Ok(()),
            Some(own) => Err(SettingsError::Contradiction(format!(
                "{}: this runs code of others, and a settings file that is only found may not say so; \
                 name the file by --config",
                own.place()
            ))),
        }
    }

    /// Reads a value by its setting's kind or its property's.
    fn read(&self, key: &str, given: &Given, origin: &Origin) -> Result<Value, SettingsError> {
        let place = || place(origin, key);
        if let Some(name) = key.strip_prefix(RAW) {
            return read_raw(name, given, origin, place);
        }
        let Some(setting) = table::find(key) else {
            let hint = nearest::setting(key, origin);
            return Err(SettingsError::Unknown { place: place(), what: "a setting", hint });
        };
        setting.kind.read(given, &self.here).map_err(|problem| SettingsError::Value {
            place: place(),
            problem: setting.disclosed(problem),
            expected: setting.kind.expected(),
        })
    }
}

/// What a settings file holds.
#[derive(Default)]
pub(crate) struct Content {
    pub(crate) layer: Layer,
    /// By name, not looked into yet: a mistake in a profile that is not used stops nobody.
    pub(crate) profiles: toml::Table,
}

/// Whether this is the name of a section: `kafka`, `kafka.librdkafka`, `producer`.
fn is_section(key: &str) -> bool {
    format!("{key}.") == RAW || table::settings().iter().any(|setting| setting.section() == key)
}

fn read_raw(
    name: &str,
    given: &Given,
    origin: &Origin,
    place: impl Fn() -> String,
) -> Result<Value, SettingsError> {
    let Some(property) = librdkafka::find(name) else {
        let hint = nearest::property(name, origin);
        return Err(SettingsError::Unknown { place: place(), what: "a librdkafka property", hint });
    };
    if let Some(owned) = owned::find(name) {
        return Err(SettingsError::Owned { place: place(), reason: owned.reason });
    }
    let refused = |problem, expected| SettingsError::Value { place: place(), problem, expected };
    let Some(text) = property.kind.read(given) else {
        let quoted = || format!("{} is refused", given.quoted());
        let problem = if property.secret { UNDISCLOSED.to_owned() } else { quoted() };
        return Err(refused(problem, property.kind.expected()));
    };
    match table::set_by(name) {
        Some(setting) => setting
            .kind
            .read_property(text)
            .map_err(|(problem, expected)| refused(setting.disclosed(problem), expected)),
        None => Ok(Value::Text(text)),
    }
}

/// Where a value stands and its name, as an error message begins. It stays on one line, whatever
/// characters the name has.
pub(crate) fn place(origin: &Origin, key: &str) -> String {
    let place = match (origin, key.strip_prefix(RAW)) {
        (Origin::Flag(flag), Some(name)) => format!("{flag} {name}"),
        (Origin::Flag(name) | Origin::Environment(name), _) => name.clone(),
        (Origin::File(path), _) => format!("{}: {key}", path.display()),
        (Origin::Profile(name, path), _) => format!("{}: [profile.{name}] {key}", path.display()),
        (Origin::Default | Origin::Prompt | Origin::Kp | Origin::Mode, _) => key.to_owned(),
    };
    if place.contains(char::is_control) { place.escape_debug().to_string() } else { place }
}
