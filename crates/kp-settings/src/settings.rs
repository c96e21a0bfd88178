//! What goes in, and what comes out.

use std::path::PathBuf;

use crate::error::SettingsError;
use crate::input::Input;
use crate::layer::{Assignment, Layer, environment, file, flags, folder, named, project, user};
use crate::merge::{Values, merge};
use crate::model::{Admin, Consumer, Kafka, Producer, section};
use crate::origin::Origin;
use crate::profile::{self, Chosen, ChosenBy};
use crate::zone::LocalZone;
use crate::{librdkafka, rules, table};

/// The defaults, built in so that the programs work in any folder.
const DEFAULTS: &str = include_str!("../../../config/default.toml");

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
    /// A sentence for each variable or file that looks like kp's and has no effect.
    pub(crate) unused: Vec<String>,
    /// A sentence for each settings file that was read or passed over.
    pub(crate) files: Vec<String>,
    pub(crate) profile: Option<Chosen>,
}

/// Reads the settings from all their layers.
///
/// # Errors
/// A settings file that cannot be read. The first setting that is misspelt, of the wrong type, out
/// of range, set twice, or kept by kp for itself.
pub fn load(input: &Input) -> Result<Settings, SettingsError> {
    let built_in = file::read(DEFAULTS, &Origin::Default, &LocalZone::Unknown)?;
    let in_folder = folder::read(input, &built_in)?;
    let own = user::read(input)?;
    let of_project = project::read(input)?;
    let (of_named, named_file) = match named::read(input)? {
        Some((path, content)) => (content.layer, Some((path, content.profiles))),
        None => (Layer::default(), None),
    };
    let shelves = profile::shelves(own.content.profiles, named_file, input);
    let choice = profile::choice(input)?;
    let of_profile = choice.as_ref().map(|choice| profile::layer(choice, &shelves, input));
    let (of_profile, chosen_profile) = of_profile.transpose()?.unzip();
    // A profile that is only in use is weaker than a file that is named now.
    let is_named = choice.is_some_and(|choice| choice.by != ChosenBy::Use);
    let (stronger, weaker) = if is_named { (of_profile, None) } else { (None, of_profile) };
    let layers = vec![
        built_in,
        in_folder.layer,
        own.content.layer,
        of_project.layer,
        weaker.unwrap_or_default(),
        of_named,
        stronger.unwrap_or_default(),
        environment::read(input)?,
        flags::read(input)?,
    ];
    let named = named::path(input)
        .map(|(path, place)| format!("settings are read from {} ({place})", path.display()));
    let by_profile = chosen_profile
        .as_ref()
        .map(|Chosen { name, by, file }| format!("profile {name} of {} ({by})", file.display()));
    let mut values = merge(layers)?;
    rules::apply(&mut values, &input.working_folder)?;
    Ok(Settings {
        kafka: section(&values, "kafka")?,
        producer: section(&values, "producer")?,
        consumer: section(&values, "consumer")?,
        admin: section(&values, "admin")?,
        values,
        working_folder: input.working_folder.clone(),
        unused: environment::unknown(&input.environment)
            .into_iter()
            .chain(in_folder.warning)
            .chain(own.warning)
            .chain(of_project.warning)
            .collect(),
        files: in_folder
            .remark
            .into_iter()
            .chain(own.remark)
            .chain(of_project.remark)
            .chain(named)
            .chain(by_profile)
            .collect(),
        profile: chosen_profile,
    })
}

/// The built-in default of each setting that has one, as one would write it, for `--help`.
///
/// # Errors
/// A mistake in the built-in defaults, which a test would have found.
pub fn defaults() -> Result<Vec<(String, String)>, SettingsError> {
    let built_in = file::read(DEFAULTS, &Origin::Default, &LocalZone::Unknown)?;
    Ok(built_in.assignments.into_iter().map(|own| (own.written, own.value.to_string())).collect())
}

impl Settings {
    /// Where the value of a setting or a raw property came from; `Default` where it has none.
    ///
    /// A raw property that sets a typed setting counts as that setting's origin.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        match self.values.get(key) {
            Some(in_force) => &in_force.origin,
            // Only the mode takes a default away.
            None if table::find(key).is_some_and(|setting| !setting.optional) => &Origin::Mode,
            None => &Origin::Default,
        }
    }

    /// Whether the setting was typed, as a flag.
    #[must_use]
    pub fn is_typed(&self, key: &str) -> bool {
        matches!(self.origin(key), Origin::Flag(_))
    }

    /// Where this setting was set, and under which name, as in `my.toml: kafka.ca`. `None` where it
    /// has its default.
    #[must_use]
    pub fn place(&self, key: &str) -> Option<String> {
        self.values.explicit(key).map(Assignment::place)
    }

    /// The profile whose settings are in force.
    #[must_use]
    pub fn profile(&self) -> Option<&Chosen> {
        self.profile.as_ref()
    }

    /// A sentence for each settings file that was read, and for one that is not kp's.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether nobody chose the value of this setting in a file, by a variable or by a flag.
    #[must_use]
    pub fn is_default(&self, key: &str) -> bool {
        !self.origin(key).is_explicit()
    }

    /// The first explicit setting that works only in a build with TLS and SASL. It is named as it
    /// was written.
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
