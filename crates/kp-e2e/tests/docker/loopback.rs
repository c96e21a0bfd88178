//! Nobody else on the network reaches a broker that the tests start.

use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use kp_e2e::Cluster;

use crate::Stack;

#[test]
fn a_brokers_port_is_closed_on_every_other_address_of_this_machine() {
    let stack = Stack::kraft();
    let loopback: SocketAddr = stack.bootstrap().parse().unwrap();
    let connects = |address| TcpStream::connect_timeout(&address, Duration::from_secs(2));
    connects(loopback).unwrap();
    // Nothing is sent: this only asks which address would be the sender's. The receiver is one that
    // is kept for documentation.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").unwrap();
    let mut other = socket.local_addr().unwrap();
    assert!(!other.ip().is_loopback(), "{other}");
    other.set_port(loopback.port());
    connects(other).unwrap_err();
}
