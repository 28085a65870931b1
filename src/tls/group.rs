//! Key exchange groups: names, numbers, strength, and the lists in which programs choose among them.

use super::cipher::security_bits;
use super::provider;
use std::ffi::CStr;

/// A named group. The table holds those that OpenSSL knows, too, because their names must resolve.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Number on the wire.
    pub id: u16,
    /// Name in TLS.
    pub name: &'static CStr,
    /// Other names that lists may use.
    pub aliases: &'static [&'static str],
    /// libcrypto's number of the object; 0 when libcrypto 3.0 has none.
    pub nid: i32,
    /// Bits of strength.
    pub security_bits: u32,
    /// Whether TLS 1.2 may use it.
    pub tls12: bool,
    /// Whether TLS 1.3 may use it.
    pub tls13: bool,
}

impl Group {
    /// Whether it may be used at a security level from 0 to 5.
    pub fn allowed_at(&self, level: u8) -> bool {
        self.security_bits >= security_bits(level)
    }

    /// Whether it can be negotiated here.
    pub fn supported(&self) -> bool {
        provider::group(self.id).is_some()
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.to_bytes() == name.as_bytes() || self.aliases.contains(&name)
    }
}

/// A group of TLS 1.2 and older only.
const fn old(id: u16, name: &'static CStr, aliases: &'static [&'static str], nid: i32, security_bits: u32) -> Group {
    Group { id, name, aliases, nid, security_bits, tls12: true, tls13: false }
}

/// A group of TLS 1.2 and 1.3.
const fn both(id: u16, name: &'static CStr, aliases: &'static [&'static str], nid: i32, security_bits: u32) -> Group {
    Group { id, name, aliases, nid, security_bits, tls12: true, tls13: true }
}

/// A group of TLS 1.3 only.
const fn new(id: u16, name: &'static CStr, nid: i32, security_bits: u32) -> Group {
    Group { id, name, aliases: &[], nid, security_bits, tls12: false, tls13: true }
}

/// Sorted by number. IANA's registry of supported groups; strengths as OpenSSL's default provider gives them.
static GROUPS: &[Group] = &[
    old(1, c"sect163k1", &["K-163"], 721, 80),
    old(2, c"sect163r1", &[], 722, 80),
    old(3, c"sect163r2", &["B-163"], 723, 80),
    old(4, c"sect193r1", &[], 724, 80),
    old(5, c"sect193r2", &[], 725, 80),
    old(6, c"sect233k1", &["K-233"], 726, 112),
    old(7, c"sect233r1", &["B-233"], 727, 112),
    old(8, c"sect239k1", &[], 728, 112),
    old(9, c"sect283k1", &["K-283"], 729, 128),
    old(10, c"sect283r1", &["B-283"], 730, 128),
    old(11, c"sect409k1", &["K-409"], 731, 192),
    old(12, c"sect409r1", &["B-409"], 732, 192),
    old(13, c"sect571k1", &["K-571"], 733, 256),
    old(14, c"sect571r1", &["B-571"], 734, 256),
    old(15, c"secp160k1", &[], 708, 80),
    old(16, c"secp160r1", &[], 709, 80),
    old(17, c"secp160r2", &[], 710, 80),
    old(18, c"secp192k1", &[], 711, 80),
    old(19, c"secp192r1", &["prime192v1", "P-192"], 409, 80),
    old(20, c"secp224k1", &[], 712, 112),
    old(21, c"secp224r1", &["P-224"], 713, 112),
    old(22, c"secp256k1", &[], 714, 128),
    both(23, c"secp256r1", &["prime256v1", "P-256"], 415, 128),
    both(24, c"secp384r1", &["P-384"], 715, 192),
    both(25, c"secp521r1", &["P-521"], 716, 256),
    old(26, c"brainpoolP256r1", &[], 927, 128),
    old(27, c"brainpoolP384r1", &[], 931, 192),
    old(28, c"brainpoolP512r1", &[], 933, 256),
    both(29, c"x25519", &["X25519"], 1034, 128),
    both(30, c"x448", &["X448"], 1035, 224),
    both(256, c"ffdhe2048", &[], 1126, 112),
    both(257, c"ffdhe3072", &[], 1127, 128),
    both(258, c"ffdhe4096", &[], 1128, 128),
    both(259, c"ffdhe6144", &[], 1129, 128),
    both(260, c"ffdhe8192", &[], 1130, 192),
    new(512, c"MLKEM512", 0, 128),
    new(513, c"MLKEM768", 0, 192),
    new(514, c"MLKEM1024", 0, 256),
    new(4587, c"SecP256r1MLKEM768", 0, 192),
    new(4588, c"X25519MLKEM768", 0, 192),
    new(4589, c"SecP384r1MLKEM1024", 0, 256),
];

/// The groups that are on unless a program chooses others, best first; what cannot be had here is left out.
const DEFAULT: [u16; 6] = [4588, 29, 23, 30, 25, 24];

/// The group with this number on the wire, supported or not.
pub fn by_id(id: u16) -> Option<&'static Group> {
    GROUPS.binary_search_by_key(&id, |group| group.id).ok().and_then(|index| GROUPS.get(index))
}

/// The group with this number of libcrypto, supported or not.
pub fn by_nid(nid: i32) -> Option<&'static Group> {
    GROUPS.iter().find(|group| nid != 0 && group.nid == nid)
}

/// The group with this name, supported or not. Case counts.
pub fn by_name(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.is_called(name))
}

/// The groups that are on unless a program chooses others, best first.
pub fn default_groups() -> Vec<&'static Group> {
    DEFAULT.iter().filter_map(|&id| by_id(id)).filter(|group| group.supported()).collect()
}

/// All groups that can be negotiated here, by number.
pub fn supported_groups() -> Vec<&'static Group> {
    GROUPS.iter().filter(|group| group.supported()).collect()
}

/// What is wrong with a list of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListError {
    /// There is no group of this name.
    Unknown(String),
    /// An empty or overlong name, an unknown number, or a group that is named twice.
    Malformed,
    /// The list is empty.
    Empty,
    /// The list is right, but none of its groups can be negotiated here.
    NoneSupported,
}

/// A list of groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupList {
    /// The supported ones, best first; never empty.
    pub groups: Vec<&'static Group>,
    /// Those marked with `*`: a client sends its key share for the first of these.
    pub key_shares: Vec<&'static Group>,
}

/// Room for a name in OpenSSL's parser.
const LONGEST_NAME: usize = 63;

impl GroupList {
    /// Reads the list of `SSL_CTX_set1_groups_list(3)`: names between colons.
    ///
    /// The additions of OpenSSL 3.5 are taken too: `?` before a name skips it if it is unknown, `*` asks for a key
    /// share, `-` removes a group named before, `/` separates like a colon (all groups of the part before it are
    /// preferred to those after it), `DEFAULT` is the default list.
    ///
    /// # Errors
    /// See [`ListError`].
    pub fn parse(list: &[u8]) -> Result<GroupList, ListError> {
        let mut parser = Parser::default();
        for element in list.split(|byte| matches!(byte, b':' | b'/')) {
            parser.element(element.trim_ascii())?;
        }
        parser.finish()
    }

    /// A list given by libcrypto's numbers (`SSL_CTX_set1_groups(3)`).
    ///
    /// # Errors
    /// See [`ListError`].
    pub fn from_nids(nids: &[i32]) -> Result<GroupList, ListError> {
        if nids.is_empty() {
            return Err(ListError::Empty);
        }
        let mut parser = Parser::default();
        for &nid in nids {
            parser.add(by_nid(nid).ok_or(ListError::Malformed)?)?;
        }
        parser.finish()
    }
}

/// The list under construction, unsupported groups included.
#[derive(Default)]
struct Parser(GroupList);

impl Parser {
    fn element(&mut self, element: &[u8]) -> Result<(), ListError> {
        let prefix = element.iter().take_while(|byte| matches!(byte, b'?' | b'*' | b'-')).count();
        let (marks, name) = element.split_at_checked(prefix).unwrap_or_default();
        if name.is_empty() || element.len() > LONGEST_NAME {
            return Err(ListError::Malformed);
        }
        if element == b"DEFAULT" {
            return default_groups().into_iter().try_for_each(|group| match self.0.groups.contains(&group) {
                true => Ok(()),
                false => self.add(group),
            });
        }
        let name = String::from_utf8_lossy(name);
        let Some(group) = by_name(&name) else {
            let unknown = String::from_utf8_lossy(element).into_owned();
            return if marks.contains(&b'?') { Ok(()) } else { Err(ListError::Unknown(unknown)) };
        };
        if marks.contains(&b'-') {
            self.0.groups.retain(|&listed| listed != group);
            self.0.key_shares.retain(|&listed| listed != group);
            return Ok(());
        }
        if marks.contains(&b'*') {
            self.0.key_shares.push(group);
        }
        self.add(group)
    }

    fn add(&mut self, group: &'static Group) -> Result<(), ListError> {
        if self.0.groups.contains(&group) {
            return Err(ListError::Malformed);
        }
        self.0.groups.push(group);
        Ok(())
    }

    fn finish(mut self) -> Result<GroupList, ListError> {
        self.0.groups.retain(|group| group.supported());
        self.0.key_shares.retain(|group| group.supported());
        if self.0.groups.is_empty() { Err(ListError::NoneSupported) } else { Ok(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &str) -> Result<Vec<u16>, ListError> {
        GroupList::parse(list.as_bytes()).map(|list| list.groups.iter().map(|group| group.id).collect())
    }

    #[test]
    fn table() {
        assert!(GROUPS.is_sorted_by(|a, b| a.id < b.id));
        assert!(GROUPS.iter().all(|group| by_id(group.id) == Some(group)));
        assert_eq!(by_nid(0), None);
        assert_eq!(by_nid(415).map(|group| group.id), Some(23));
        let default: Vec<u16> = default_groups().iter().map(|group| group.id).collect();
        assert_eq!(default, [4588, 29, 23, 25, 24]);
    }

    #[test]
    fn names_of_openssl() {
        for name in ["P-256", "prime256v1", "secp256r1"] {
            assert_eq!(ids(name), Ok(vec![23]), "{name}");
        }
        assert_eq!(ids(" P-384 : x25519 "), Ok(vec![24, 29]));
        assert_eq!(ids("X25519MLKEM768:SecP256r1MLKEM768:MLKEM768"), Ok(vec![4588, 4587, 513]));
        assert_eq!(ids("ffdhe2048:P-256:brainpoolP256r1"), Ok(vec![23]));
    }

    #[test]
    fn failures_of_openssl() {
        for name in ["p-256", "FOO", "FFDHE2048", "SM2"] {
            assert_eq!(ids(&format!("X25519:{name}")), Err(ListError::Unknown(name.to_owned())));
        }
        for list in ["", ":", "P-256:", "P-256::X25519", "P-256:P-256", "P-256:prime256v1", &"a".repeat(64)] {
            assert_eq!(ids(list), Err(ListError::Malformed), "{list}");
        }
        assert_eq!(ids("ffdhe2048:X448"), Err(ListError::NoneSupported));
        assert_eq!(GroupList::from_nids(&[]), Err(ListError::Empty));
        assert_eq!(GroupList::from_nids(&[415, 415]), Err(ListError::Malformed));
        assert_eq!(GroupList::from_nids(&[415, 3]), Err(ListError::Malformed));
        assert_eq!(GroupList::from_nids(&[1035]), Err(ListError::NoneSupported));
    }

    #[test]
    fn additions_of_3_5() {
        assert_eq!(ids("?FOO:X25519"), Ok(vec![29]));
        assert_eq!(ids("?*X25519MLKEM768/?X25519:P-256"), Ok(vec![4588, 29, 23]));
        assert_eq!(ids("P-256:X25519:-P-256"), Ok(vec![29]));
        assert_eq!(
            ids("P-384:DEFAULT").map(|ids| (ids.first().copied(), ids.get(1).copied())),
            Ok((Some(24), Some(4588)))
        );
        let list = GroupList::parse(b"P-256:*X25519");
        assert_eq!(list.map(|list| list.key_shares.iter().map(|group| group.id).collect()), Ok(vec![29]));
    }
}
