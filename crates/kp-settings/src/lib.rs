//! What can be set, in which layer it was set, and the librdkafka properties that follow.
//!
//! ```text
//! built in < config/default.toml < ~/.config/kp/config.toml < kp.toml < profile in use
//!          < --config or KP_CONFIG < profile named by KP_PROFILE or --profile
//!          < KP_* environment < flags
//!                                             |  layer: each text becomes a typed value with its
//!                                             |         origin, by the setting's kind
//!                                             v
//!                                   merge (by the config crate, key by key)
//!                                             |
//!                                             v
//!                          rules: one thing under two names, defaults that depend on others
//!                                   /                     \
//!          model (plain types, by serde)     properties (for librdkafka), entries (--show-config)
//! ```
//!
//! Nothing here reads the environment of the process or knows librdkafka itself: [`Input`] is all
//! that goes in, and the facts about librdkafka's properties are a table.
#![forbid(unsafe_code)]

mod address;
mod bad_message;
mod choice;
mod delimiter;
mod duration;
mod error;
mod explain;
mod exponent;
mod given;
mod input;
mod kind;
mod layer;
mod librdkafka;
mod listen;
mod merge;
mod mode;
mod model;
mod moment;
mod names;
mod nearest;
mod origin;
mod owned;
mod partitions;
mod profile;
mod properties;
mod rate;
mod role;
mod rules;
mod secret;
mod security;
mod settings;
mod show;
mod size;
mod start_at;
mod stop_at;
mod table;
mod value;
mod warnings;
mod zone;

pub use address::{Address, InvalidAddress, Servers};
pub use bad_message::{InvalidOnBadMessage, OnBadMessage};
pub use choice::{
    Acks, Color, Compression, Decode, Delivery, Flush, OnGap, OnTimeout, Output, Partitioner,
    SaslMechanism, SecurityProtocol, StdinFormat, UnknownChoice,
};
pub use delimiter::{Delimiter, InvalidDelimiter};
pub use duration::parse as read_duration;
pub use error::SettingsError;
pub use explain::{Point, Reading};
pub use exponent::{Exponent, InvalidExponent};
pub use input::{FlagValue, Input};
pub use kind::Kind;
pub use kp_core::check_topic_name;
pub use layer::file::NO_PROFILE;
pub use librdkafka::{LibrdkafkaProperty, PropertyKind, Scope, is_secret, librdkafka_properties};
pub use listen::{InvalidListen, Listen};
pub use mode::Mode;
pub use model::{Admin, Consumer, Kafka, Producer};
pub use nearest::variable;
pub use origin::Origin;
pub use partitions::{InvalidPartitions, Partitions};
pub use profile::{
    Chosen, Profile, ProfileContent, Profiles, profile_named, profile_names, profiles, use_profile,
};
pub use properties::Property;
pub use rate::{InvalidRate, Rate};
pub use role::Role;
pub use secret::{REDACTED, Secret};
pub use security::{MissingSecret, PasswordCommand};
pub use settings::{Settings, defaults, load};
pub use show::Entry;
pub use start_at::{InvalidStartAt, StartAt};
pub use stop_at::StopAt;
pub use table::{Setting, settings};
pub use zone::LocalZone;
