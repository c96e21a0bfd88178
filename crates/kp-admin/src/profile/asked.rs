//! What each command about profiles is given.

use kp_cli::Screen;
use kp_settings::Input;

/// Where profiles are looked for, and where the answer goes.
pub(super) struct Asked<'s, 'w> {
    pub(super) input: Input,
    pub(super) is_json: bool,
    pub(super) out: &'s mut Screen<'w>,
}
