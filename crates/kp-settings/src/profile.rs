//! Profiles: named settings of one cluster each, and which of them is chosen.
//!
//! They stand in the user's own file, or in the one that is named by `--config` or `KP_CONFIG`.
//! That one's come first.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use kp_core::most_alike;

use crate::address::Servers;
use crate::error::SettingsError;
use crate::input::Input;
use crate::layer::file::{self, NO_PROFILE};
use crate::layer::user::{self, Folder};
use crate::layer::{Layer, READ_ONLY, environment, named};
use crate::merge::merge;
use crate::names::RAW;
use crate::origin::Origin;
use crate::value::Value;
use crate::{librdkafka, table};

/// The file in which `kp-admin profile use` notes a name.
const IN_USE: &str = "profile";

/// What chose a profile. It decides how strong the profile is: `--config FILE` is stronger than a
/// choice that was made some day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChosenBy {
    Flag,
    Variable,
    Use,
}

impl fmt::Display for ChosenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "--profile",
            Self::Variable => environment::PROFILE,
            Self::Use => "kp-admin profile use",
        })
    }
}

/// A profile that was chosen.
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) by: ChosenBy,
}

/// The profile whose settings are in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// What chose it: a flag, a variable or a command.
    pub by: String,
    /// The file that it stands in, as it is named.
    pub file: PathBuf,
}

/// A profile as its file has it.
#[derive(Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The file that it stands in, as it is named.
    pub file: PathBuf,
    /// What it sets.
    ///
    /// # Errors
    /// A mistake in it.
    pub content: Result<ProfileContent, SettingsError>,
}

/// What a profile sets.
#[derive(Debug)]
pub struct ProfileContent {
    /// The brokers of its cluster, if it names any.
    pub servers: Option<Servers>,
    /// Whether it refuses every change.
    pub is_read_only: bool,
    /// Its settings in its order: name and value. Secrets show as `***`.
    pub settings: Vec<(String, String)>,
}

/// All profiles there are, and which of them is chosen.
#[derive(Debug)]
pub struct Profiles {
    /// By name, each once.
    pub profiles: Vec<Profile>,
    /// The name that is chosen, and by what. It may be none of these.
    pub chosen: Option<(String, String)>,
    /// The user's own file, where profiles belong, as it is named.
    pub file: PathBuf,
}

/// Which profile is chosen, if any.
pub(crate) fn choice(input: &Input) -> Result<Option<Choice>, SettingsError> {
    let chosen = match (&input.profile, environment::profile(&input.environment)) {
        (Some(name), _) => Some((name.clone(), ChosenBy::Flag)),
        (None, Some(name)) => Some((name, ChosenBy::Variable)),
        (None, None) => in_use(input)?.map(|name| (name, ChosenBy::Use)),
    };
    let chosen = chosen.filter(|(name, _)| name != NO_PROFILE);
    Ok(chosen.map(|(name, by)| Choice { name, by }))
}

/// The name that `kp-admin profile use` noted.
fn in_use(input: &Input) -> Result<Option<String>, SettingsError> {
    let Some(folder) = Folder::of(input) else {
        return Ok(None);
    };
    let text = match folder.read(IN_USE, input.user)? {
        // Going on without would drop the guard of that profile.
        Some(Err(why)) => {
            return Err(SettingsError::Contradiction(format!(
                "{} names the profile in use, and is not trusted: {why}; `kp-admin profile use` \
                 writes it anew, --profile or KP_PROFILE name one without it",
                folder.name_of(IN_USE).display()
            )));
        }
        Some(Ok(text)) => text,
        None => String::new(),
    };
    let name = text.lines().next().unwrap_or_default().trim();
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

/// Where profiles stand: each file with those in it, the strongest first.
pub(crate) type Shelves = Vec<(PathBuf, Shelf)>;

/// The profiles of one file, and the folder that their paths start from, if it is not the working
/// folder.
pub(crate) struct Shelf {
    pub(crate) profiles: toml::Table,
    pub(crate) folder: Option<PathBuf>,
}

/// The layer of a profile that was chosen.
pub(crate) fn layer(
    choice: &Choice,
    shelves: &Shelves,
    input: &Input,
) -> Result<(Layer, Chosen), SettingsError> {
    let name = &choice.name;
    let found =
        shelves.iter().find_map(|(file, shelf)| Some((file, shelf, shelf.profiles.get(name)?)));
    let Some((file, shelf, profile)) = found else {
        let names = shelves.iter().flat_map(|(_, shelf)| shelf.profiles.keys());
        let mut hint = no_such(name, names.map(String::as_str).collect(), &own_file(input));
        if choice.by == ChosenBy::Use {
            hint += "; `kp-admin profile use none` goes on without";
        }
        let place = format!("{} {name}", choice.by);
        return Err(SettingsError::Unknown { place, what: "a profile", hint });
    };
    let layer = read(name, file, shelf, profile, input)?;
    let chosen = Chosen { name: name.clone(), by: choice.by.to_string(), file: file.clone() };
    Ok((layer, chosen))
}

fn read(
    name: &str,
    file: &Path,
    shelf: &Shelf,
    profile: &toml::Value,
    input: &Input,
) -> Result<Layer, SettingsError> {
    let origin = Origin::Profile(name.to_owned(), file.to_owned());
    let mut layer = file::read_profile(profile.clone(), &origin, &input.local_zone)?;
    if let Some(folder) = &shelf.folder {
        layer.start_from(folder);
    }
    Ok(layer)
}

/// What to say of a name that no profile has.
fn no_such(name: &str, mut names: Vec<&str>, own: &Path) -> String {
    names.sort_unstable();
    names.dedup();
    match (most_alike(name, names.iter().copied()), names.as_slice()) {
        (Some(nearest), _) => format!("did you mean {nearest}?"),
        (None, []) => format!("write one into {}: [profile.{name}]", own.display()),
        (None, names) => format!("there are {}", names.join(", ")),
    }
}

/// The user's own file, as it is named.
fn own_file(input: &Input) -> PathBuf {
    Folder::of(input)
        .map_or_else(|| PathBuf::from("~/.config/kp/config.toml"), |folder| folder.settings_file())
}

/// The files with profiles: the one that is named, and the user's own.
pub(crate) fn shelves(
    own: toml::Table,
    named: Option<(&Path, toml::Table)>,
    input: &Input,
) -> Shelves {
    let named = named.map(|(path, profiles)| (path.to_owned(), Shelf { profiles, folder: None }));
    let own = Folder::of(input).map(|folder| {
        let shelf = Shelf { profiles: own, folder: Some(folder.path().to_owned()) };
        (folder.settings_file(), shelf)
    });
    named.into_iter().chain(own).collect()
}

/// All profiles there are.
///
/// # Errors
/// A settings file that cannot be read. A mistake inside a profile is that profile's.
pub fn profiles(input: &Input) -> Result<Profiles, SettingsError> {
    let own = user::read(input)?;
    let named = named::read(input)?;
    let named = named.as_ref().map(|(path, content)| (*path, content.profiles.clone()));
    let shelves = shelves(own.content.profiles, named, input);
    let mut profiles: Vec<Profile> = Vec::new();
    for (file, shelf) in &shelves {
        for (name, profile) in &shelf.profiles {
            if profiles.iter().all(|known| known.name != *name) {
                let content = read(name, file, shelf, profile, input).and_then(content);
                profiles.push(Profile { name: name.clone(), file: file.clone(), content });
            }
        }
    }
    profiles.sort_by(|one, other| one.name.cmp(&other.name));
    let chosen = choice(input)?.map(|choice| (choice.name, choice.by.to_string()));
    Ok(Profiles { profiles, chosen, file: own_file(input) })
}

/// The names of all profiles, of whatever files can be read.
#[must_use]
pub fn profile_names(input: &Input) -> Vec<String> {
    let profiles = profiles(input).map(|found| found.profiles).unwrap_or_default();
    profiles.into_iter().map(|profile| profile.name).collect()
}

fn content(layer: Layer) -> Result<ProfileContent, SettingsError> {
    let order: Vec<String> = layer.assignments.iter().map(|own| own.written.clone()).collect();
    let values = merge(vec![layer])?;
    let servers = match values.get("kafka.bootstrap_servers").map(|own| &own.value) {
        Some(Value::Servers(servers)) => Some(servers.clone()),
        _ => None,
    };
    let read_only = values.get(READ_ONLY).map(|own| &own.value);
    let shown = order.into_iter().filter_map(|key| {
        let is_secret = match table::find(&key) {
            Some(setting) => setting.is_secret(),
            None => librdkafka::is_secret(key.strip_prefix(RAW)?),
        };
        let value = values.get(&key)?.shown(is_secret);
        Some((key, value))
    });
    Ok(ProfileContent {
        servers,
        is_read_only: read_only == Some(&Value::Boolean(true)),
        settings: shown.collect(),
    })
}

/// A profile by its name, or the one that is chosen. `None` where neither is named.
///
/// # Errors
/// A settings file that cannot be read, or no such profile.
pub fn profile_named(input: &Input, name: Option<&str>) -> Result<Option<Profile>, SettingsError> {
    let found = profiles(input)?;
    let chosen = found.chosen.as_ref().map(|(name, _)| name.as_str());
    let Some(name) = name.or(chosen) else {
        return Ok(None);
    };
    let names = found.profiles.iter().map(|one| one.name.as_str()).collect();
    let hint = no_such(name, names, &found.file);
    let place = format!("profile {name}");
    let missing = SettingsError::Unknown { place, what: "there", hint };
    let known = found.profiles.iter().position(|one| one.name == name).ok_or(missing)?;
    Ok(found.profiles.into_iter().nth(known))
}

/// Notes that this profile is to be used from now on where no other is named, or none.
///
/// # Errors
/// There is no such profile, it has a mistake, or the note cannot be written.
pub fn use_profile(input: &Input, name: &str) -> Result<Option<Profile>, SettingsError> {
    let mut profile = None;
    // Whatever was noted before is written anew.
    let without = Input { profile: Some(NO_PROFILE.to_owned()), ..input.clone() };
    if name != NO_PROFILE
        && let Some(mut known) = profile_named(&without, Some(name))?
    {
        // One with a mistake would stop every program.
        known.content = Ok(known.content?);
        profile = Some(known);
    }
    let unwritable = |path: PathBuf, source| SettingsError::Unwritable { path, source };
    let Some(folder) = Folder::of(input) else {
        let missing = "neither HOME nor XDG_CONFIG_HOME is set";
        let source = io::Error::new(io::ErrorKind::NotFound, missing);
        return Err(unwritable(PathBuf::from("~/.config/kp/profile"), source));
    };
    note(folder.path(), name).map_err(|source| unwritable(folder.name_of(IN_USE), source))?;
    Ok(profile)
}

/// Writes the note as a whole: another program may read it at the same time.
fn note(folder: &Path, name: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (path, new) = (folder.join(IN_USE), folder.join(".profile.new"));
    // One that stands there may belong to somebody else.
    let _ = fs::remove_file(&new);
    let mut file = own_file_at(&new)?;
    writeln!(file, "{name}")?;
    file.sync_all()?;
    fs::rename(new, path)
}

/// A new file that only its owner may write to, whatever the umask is.
fn own_file_at(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
