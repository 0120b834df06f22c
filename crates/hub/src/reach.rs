//! The hub's own address, for those who have to type it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// An address that no network has (RFC 5737, RFC 3849): which way would lead there, the system knows, and nothing is sent.
const NOWHERE: (Ipv4Addr, Ipv6Addr) = (
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
);

/// Where browsers find the pages of a hub that listens at `bound`. One that listens at all addresses names the one that leads
/// out of the machine, or, should there be none, this machine's own.
pub(crate) fn pages_at(bound: SocketAddr, tls: bool) -> String {
    let ip = match bound.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(any) => {
            outward(any.into(), NOWHERE.0.into()).unwrap_or(Ipv4Addr::LOCALHOST.into())
        }
        IpAddr::V6(any) => outward(any.into(), NOWHERE.1.into())
            .or_else(|| outward(Ipv4Addr::UNSPECIFIED.into(), NOWHERE.0.into()))
            .unwrap_or(Ipv6Addr::LOCALHOST.into()),
    };
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{}", SocketAddr::new(ip, bound.port()))
}

fn outward(from: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((from, 0)).ok()?;
    // Of a socket for datagrams that is a note of the system and no packet.
    socket.connect((to, 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::pages_at;
    use std::net::SocketAddr;

    #[test]
    fn an_address_is_one_that_can_be_typed() {
        for (bound, tls, address) in [
            ("127.0.0.1:8080", false, "http://127.0.0.1:8080"),
            ("192.0.2.7:443", true, "https://192.0.2.7:443"),
            ("[::1]:8080", false, "http://[::1]:8080"),
        ] {
            assert_eq!(pages_at(bound.parse().unwrap(), tls), address);
        }
        for bound in ["0.0.0.0:8080", "[::]:8080"] {
            let address = pages_at(bound.parse().unwrap(), false);
            let host: SocketAddr = address.trim_start_matches("http://").parse().unwrap();
            assert!(!host.ip().is_unspecified(), "{address}");
        }
    }
}
