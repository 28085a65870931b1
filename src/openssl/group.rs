//! `SSL_CTX_set1_groups(3)` and relatives: key exchange groups of contexts and connections.

use super::cipher_list::suite_b;
use super::config::{Config, op};
use super::connection::{self, Connection};
use super::error::{Error, guard};
use super::reason;
use super::types::SSL;
use crate::seam::Handle;
use crate::tls::cipher_list::SuiteB;
use crate::tls::group::{self, Group, GroupList, ListError};
use std::ffi::{CStr, c_char, c_int};

/// `ERR_R_PASSED_INVALID_ARGUMENT`.
const PASSED_INVALID_ARGUMENT: c_int = 262 | (2 << 18);
/// `ERR_LIB_CONF`.
const LIB_CONF: c_int = 14;
/// `CONF_R_LIST_CANNOT_BE_NULL`.
const LIST_CANNOT_BE_NULL: c_int = 115;
/// `TLSEXT_nid_unknown`: added to a group's number in TLS where libcrypto has none for it.
const NID_UNKNOWN: c_int = 0x100_0000;

/// The error for a null list.
pub(super) fn null_list() -> Error {
    Error::Other(LIB_CONF, LIST_CANNOT_BE_NULL)
}

fn explain(error: ListError) -> Error {
    match error {
        ListError::Unknown(name) => Error::SslData(PASSED_INVALID_ARGUMENT, format!("group '{name}' cannot be set")),
        ListError::Malformed => Error::Silent,
        ListError::Empty => Error::Ssl(reason::BAD_LENGTH),
        ListError::NoneSupported => Error::Refused("each of the groups in the list"),
    }
}

fn numbers(list: &GroupList) -> Vec<u16> {
    // The group that a client is asked to send its key share for goes first, which is what decides it.
    let first = list.key_shares.first();
    first.into_iter().chain(list.groups.iter().filter(|&group| Some(group) != first)).map(|group| group.id).collect()
}

/// `SSL_CTX_set1_groups_list(3)`: the groups in a list of names.
pub(crate) fn from_names(list: Option<&CStr>) -> Result<Vec<u16>, Error> {
    GroupList::parse(list.ok_or_else(null_list)?.to_bytes()).map(|list| numbers(&list)).map_err(explain)
}

/// `SSL_CTX_set1_groups(3)`: the groups in a list of libcrypto's numbers.
pub(crate) fn from_nids(nids: &[c_int]) -> Result<Vec<u16>, Error> {
    GroupList::from_nids(nids).map(|list| numbers(&list)).map_err(explain)
}

/// The groups that may be used, by number, in order of preference: those set by the program or the default, without
/// those that Suite B or the security level forbid.
pub(crate) fn enabled(config: &Config) -> Vec<u16> {
    listed(config).into_iter().filter(|group| config.allows_group(group)).map(|group| group.id).collect()
}

/// The groups set by the program or the default, or those of Suite B.
pub(crate) fn listed(config: &Config) -> Vec<&'static Group> {
    match (suite_b(config.cert_flags), &config.groups) {
        (Some(SuiteB::Only128), _) => [23].into_iter().filter_map(group::by_id).collect(),
        (Some(SuiteB::Only192), _) => [24].into_iter().filter_map(group::by_id).collect(),
        (Some(SuiteB::From128), _) => [23, 24].into_iter().filter_map(group::by_id).collect(),
        (None, Some(set)) => set.iter().filter_map(|&id| group::by_id(id)).collect(),
        (None, None) => group::default_groups(),
    }
}

/// Server: whether its own order of groups decides.
pub(crate) fn server_decides(config: &Config) -> bool {
    config.options & op::CIPHER_SERVER_PREFERENCE != 0
}

/// What C calls a group: libcrypto's number or, if there is none, the one in TLS with a mark.
pub(super) fn nid(id: u16) -> c_int {
    match group::by_id(id).map_or(0, |group| group.nid) {
        0 => NID_UNKNOWN | c_int::from(id),
        nid => nid,
    }
}

/// Server: the client's groups (`SSL_get1_groups(3)`).
pub(crate) fn of_client(ssl: &Connection) -> Vec<c_int> {
    client_groups(ssl).into_iter().map(nid).collect()
}

/// The groups whose curves the peer's certificate may have in TLS 1.2: what this side may use, on a server also among
/// what the client has listed.
pub(crate) fn for_peers_key(ssl: &Connection) -> Vec<u16> {
    let own = ssl.config().enabled_groups();
    let client = client_groups(ssl);
    if ssl.is_server() && !client.is_empty() { own.into_iter().filter(|id| client.contains(id)).collect() } else { own }
}

fn client_groups(ssl: &Connection) -> Vec<u16> {
    const SUPPORTED_GROUPS: u16 = 10;
    ssl.facts.read().hello.as_ref().map_or_else(Vec::new, |hello| hello.numbers(SUPPORTED_GROUPS))
}

/// Server: the group at place `n` among those both sides have, or with -1 how many there are
/// (`SSL_get_shared_group(3)`). 0 on a client.
pub(crate) fn shared(ssl: &Connection, n: c_int) -> c_int {
    if !ssl.is_server() {
        return 0;
    }
    let config = ssl.config();
    let (own, peer) = (config.enabled_groups(), client_groups(ssl));
    let (preferred, other) = if server_decides(&config) { (own, peer) } else { (peer, own) };
    let mut both = preferred.into_iter().filter(|id| other.contains(id));
    match usize::try_from(n) {
        Ok(n) => both.nth(n).map_or(0, nid),
        Err(_) if n == -1 => c_int::try_from(both.count()).unwrap_or(c_int::MAX),
        Err(_) => 0,
    }
}

/// The group of the key exchange (`SSL_get_negotiated_group(3)`); 0 before there is one.
pub(crate) fn negotiated(ssl: &Connection) -> c_int {
    agreed(ssl).map_or(0, nid)
}

fn agreed(ssl: &Connection) -> Option<u16> {
    ssl.facts.read().agreed.as_ref()?.group
}

/// `SSL_group_to_name(3)`: returns the name of a group by libcrypto's number, or by its number in TLS with
/// `TLSEXT_nid_unknown` added; null when there is none. The string is static.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; it is not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_group_to_name(_ssl: *mut SSL, id: c_int) -> *const c_char {
    guard(std::ptr::null(), || {
        let group = match id & NID_UNKNOWN {
            0 => group::by_nid(id),
            _ => group::by_id((id & 0xffff) as u16),
        };
        Ok(group.map_or(std::ptr::null(), |group| group.name.as_ptr()))
    })
}

/// `SSL_get0_group_name(3)`: returns the name of the key exchange's group, null before there is one. The string is
/// static.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns null) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_group_name(ssl: *mut SSL) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl: std::sync::Arc<connection::Connection> = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(agreed(&ssl).and_then(group::by_id).map_or(std::ptr::null(), |group| group.name.as_ptr()))
    })
}
