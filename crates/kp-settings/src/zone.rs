//! Where a time of day counts that names no zone.

use jiff::tz::TimeZone;

/// The zone of times that are written without one.
#[derive(Clone, Debug, Default)]
pub enum LocalZone {
    /// Nobody can tell: such a time is refused.
    #[default]
    Unknown,
    /// The system's. It is looked for only when there is such a time: the search reads folders.
    System,
    /// This one.
    Zone(TimeZone),
}

impl LocalZone {
    /// The zone, where it can be told.
    #[must_use]
    pub fn find(&self) -> Option<TimeZone> {
        match self {
            Self::Unknown => None,
            Self::System => TimeZone::try_system().ok(),
            Self::Zone(zone) => Some(zone.clone()),
        }
    }
}
