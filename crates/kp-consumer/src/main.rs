//! `kp-consumer`: prints the messages of Kafka topics.
#![forbid(unsafe_code)]

fn main() -> ! {
    kp_cli::program("kp-consumer", kp_consumer::run)
}
