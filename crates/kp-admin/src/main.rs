//! `kp-admin`: topics and groups.
#![forbid(unsafe_code)]

fn main() -> ! {
    kp_cli::program("kp-admin", kp_admin::run)
}
