//! What goes in, and what comes out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::SettingsError;
use crate::given::shown;
use crate::input::Input;
use crate::layer::{Layer, environment, file, flags};
use crate::merge::{Values, merge};
use crate::model::{Admin, Consumer, Kafka, Producer};
use crate::origin::Origin;
use crate::{librdkafka, resolve, rules, table};

/// The defaults, built in so that the programs work in any folder.
const DEFAULTS: &str = include_str!("../../../config/default.toml");
/// The defaults as a file in the working folder, for whoever wants others for a whole project.
const DEFAULTS_FILE: &str = "config/default.toml";

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How to reach the cluster, and who the client is.
    pub kafka: Kafka,
    /// What `kp-producer` sends, and how.
    pub producer: Producer,
    /// What `kp-consumer` reads, and how.
    pub consumer: Consumer,
    /// How `kp-admin` asks and answers.
    pub admin: Admin,
    pub(crate) values: Values,
    pub(crate) working_folder: PathBuf,
}

/// Reads the settings from all their layers.
///
/// # Errors
/// The first setting that is misspelt, of the wrong type, out of range, set twice or not kp's to
/// give away; and a settings file that cannot be read.
pub fn load(input: &Input) -> Result<Settings, SettingsError> {
    let built_in = file::read(DEFAULTS, Path::new("built-in defaults"), &Origin::Default)?;
    let in_folder = defaults_in(&input.working_folder, &built_in)?;
    let layers = vec![
        built_in,
        in_folder,
        chosen_file(input)?,
        environment::read(&input.environment)?,
        flags::read(&input.flags)?,
    ];
    let mut values = merge(layers)?;
    rules::unify(&mut values)?;
    rules::adapt(&mut values)?;
    Ok(Settings {
        kafka: resolve::kafka(&values)?,
        producer: resolve::producer(&values)?,
        consumer: resolve::consumer(&values)?,
        admin: resolve::admin(&values)?,
        values,
        working_folder: input.working_folder.clone(),
    })
}

/// The built-in default of each setting that has one, as one would write it, for `--help`.
///
/// # Errors
/// A mistake in the built-in defaults, which a test would have found.
pub fn defaults() -> Result<Vec<(String, String)>, SettingsError> {
    let built_in = file::read(DEFAULTS, Path::new("built-in defaults"), &Origin::Default)?;
    let texts = built_in.assignments.into_iter();
    Ok(texts.map(|own| (own.key, shown(&own.value))).collect())
}

/// The layer of `config/default.toml` in the working folder, which may be absent.
///
/// A value that only repeats the built-in one is left out. Nobody chose it, and as a choice it would
/// contradict others: `idempotence = true` there must not forbid `--acks 1`.
fn defaults_in(folder: &Path, built_in: &Layer) -> Result<Layer, SettingsError> {
    let path = Path::new(DEFAULTS_FILE);
    let mut layer = match fs::read_to_string(folder.join(path)) {
        Ok(text) => file::read(&text, path, &Origin::File(path.to_owned()))?,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Layer::default()
        }
        Err(source) => {
            return Err(SettingsError::Unreadable {
                place: "the defaults in the working folder".to_owned(),
                path: path.to_owned(),
                source,
            });
        }
    };
    layer.assignments.retain(|own| {
        let repeats = built_in
            .assignments
            .iter()
            .any(|default| default.key == own.key && default.value == own.value);
        !repeats
    });
    Ok(layer)
}

/// The layer of the file of `--config` or `KP_CONFIG`, if either is given. A profile inside the file
/// would become a layer of its own right above this one.
fn chosen_file(input: &Input) -> Result<Layer, SettingsError> {
    let (path, place) = match (
        &input.config_file,
        environment::config_file(&input.environment),
    ) {
        (Some(path), _) => (path.as_path(), "--config"),
        (None, Some(path)) => (Path::new(path), "KP_CONFIG"),
        (None, None) => return Ok(Layer::default()),
    };
    let text = fs::read_to_string(input.working_folder.join(path)).map_err(|source| {
        SettingsError::Unreadable {
            place: place.to_owned(),
            path: path.to_owned(),
            source,
        }
    })?;
    file::read(&text, path, &Origin::File(path.to_owned()))
}

impl Settings {
    /// Where the value of a setting or a raw property came from; `Default` where it has none.
    ///
    /// A raw property that sets a typed setting counts as that setting's origin.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        self.values
            .get(key)
            .map_or(&Origin::Default, |in_force| &in_force.origin)
    }

    /// Whether nobody chose the value of this setting in a file, by a variable or by a flag.
    #[must_use]
    pub fn is_default(&self, key: &str) -> bool {
        !self.origin(key).is_explicit()
    }

    /// The first explicit setting that only works in a build with TLS and SASL, by the name that it was
    /// written under.
    #[must_use]
    pub fn tls_setting(&self) -> Option<String> {
        let kafka = &self.kafka;
        let needs_tls = |setting: &&table::Setting| match setting.key {
            "kafka.security_protocol" => {
                kafka.security_protocol.uses_tls() || kafka.security_protocol.uses_sasl()
            }
            _ => setting
                .property
                .and_then(librdkafka::find)
                .is_some_and(librdkafka::LibrdkafkaProperty::needs_tls),
        };
        let typed = table::settings()
            .iter()
            .filter(needs_tls)
            .find_map(|setting| self.values.explicit(setting.key))
            .map(|in_force| in_force.written.clone());
        typed.or_else(|| {
            let mut raw = self.values.raw();
            raw.find(|(name, _)| {
                librdkafka::find(name).is_some_and(librdkafka::LibrdkafkaProperty::needs_tls)
            })
            .map(|(_, in_force)| in_force.written.clone())
        })
    }
}
