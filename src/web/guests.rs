//! How many connections each network address holds, so that none holds them all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use super::client_address::budget_key;
use crate::config;

type Counts = Mutex<HashMap<IpAddr, usize>>;

/// Counts connections by address; an IPv6 address shares its /64's count. Trusted proxies are not counted.
pub(super) struct Guests {
    most: usize,
    trusted_proxies: Vec<IpNet>,
    counts: Arc<Counts>,
}

/// One connection's place in its address' count, given back when dropped.
pub(super) struct Guest {
    counted: Option<(IpAddr, Arc<Counts>)>,
}

impl Guests {
    pub(super) fn new(settings: &config::Server) -> Self {
        Self {
            most: settings.max_connections_per_address,
            trusted_proxies: settings.trusted_proxies.clone(),
            counts: Arc::default(),
        }
    }

    /// `None`: the address holds as many as it may.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Guest> {
        let address = address.to_canonical();
        if self.trusted_proxies.iter().any(|network| network.contains(&address)) {
            return Some(Guest { counted: None });
        }
        let key = budget_key(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Guest { counted: Some((key, self.counts.clone())) })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let Some((key, counts)) = &self.counted else { return };
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = counts.entry(*key) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_its_share_and_gets_places_back() {
        let text = "[server]\nmax_connections_per_address = 2\ntrusted_proxies = [\"10.0.0.0/8\"]";
        let settings = config::Config::from_text(text, std::iter::empty()).expect("valid").server;
        let guests = Guests::new(&settings);
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let first = guests.admit(address("192.0.2.1"));
        let second = guests.admit(address("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(guests.admit(address("192.0.2.1")).is_none());
        assert!(guests.admit(address("192.0.2.2")).is_some());
        drop(first);
        assert!(guests.admit(address("192.0.2.1")).is_some());
        let proxied: Vec<_> = (0..5).map(|_| guests.admit(address("10.1.2.3"))).collect();
        assert!(proxied.iter().all(Option::is_some));
        drop((second, proxied));
        assert!(guests.counts.lock().expect("not poisoned").is_empty());
    }
}
