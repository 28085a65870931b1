//! Names of subjects and issuers, and stacks of them.

use super::err;
use super::pkey::encode;
use super::sys;
use super::x509::X509;
use std::cmp::Ordering;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};

/// An owned `X509_NAME`.
#[derive(Debug)]
pub struct Name(NonNull<sys::X509_NAME>);

impl Drop for Name {
    fn drop(&mut self) {
        // SAFETY: the name is ours.
        unsafe { sys::X509_NAME_free(self.0.as_ptr()) };
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        // SAFETY: both names are live.
        unsafe { sys::X509_NAME_cmp(self.as_ptr(), other.as_ptr()) }.cmp(&0)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Name {}

// SAFETY: a name is not bound to a thread, and is only read through `&Name`.
unsafe impl Send for Name {}
// SAFETY: as above.
unsafe impl Sync for Name {}

impl Name {
    /// A copy of a certificate's subject.
    pub fn of_subject(certificate: &X509) -> Option<Self> {
        // SAFETY: the certificate is live, and lends its name for the copy.
        unsafe { Self::copy(sys::X509_get_subject_name(certificate.as_ptr())) }
    }

    /// A copy of a certificate's issuer.
    pub fn of_issuer(certificate: &X509) -> Option<Self> {
        // SAFETY: the certificate is live, and lends its name for the copy.
        unsafe { Self::copy(sys::X509_get_issuer_name(certificate.as_ptr())) }
    }

    /// A copy of a name; null gives none.
    ///
    /// # Safety
    /// `name` is null or live.
    pub unsafe fn copy(name: *const sys::X509_NAME) -> Option<Self> {
        if name.is_null() {
            return None;
        }
        // SAFETY: live, by the caller; the result is null or ours.
        NonNull::new(unsafe { sys::X509_NAME_dup(name) }).map(Self)
    }

    /// Parses a name. The queue is left as it was.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let len = der.len().try_into().ok()?;
        let mut at = der.as_ptr();
        // SAFETY: `at` is readable for `len` bytes; the result is null or ours.
        err::discarding(|| NonNull::new(unsafe { sys::d2i_X509_NAME(ptr::null_mut(), &raw mut at, len) })).map(Self)
    }

    /// Another name like it; none when memory is short.
    pub fn duplicate(&self) -> Option<Self> {
        // SAFETY: the name is live.
        unsafe { Self::copy(self.as_ptr()) }
    }

    fn as_ptr(&self) -> *mut sys::X509_NAME {
        self.0.as_ptr()
    }
}

/// An owned `STACK_OF(X509_NAME)` with the names in it.
#[derive(Debug)]
pub struct NameStack(NonNull<sys::OPENSSL_STACK>);

// SAFETY: a stack is not bound to a thread; what changes it takes `&mut self` or is the program's own business.
unsafe impl Send for NameStack {}
// SAFETY: as above.
unsafe impl Sync for NameStack {}

unsafe extern "C" fn free_name(name: *mut c_void) {
    // SAFETY: called for each element of a stack of owned names.
    unsafe { sys::X509_NAME_free(name.cast()) };
}

unsafe extern "C" fn compare_names(a: *const c_void, b: *const c_void) -> c_int {
    // SAFETY: libcrypto passes pointers to two elements of a stack of names.
    unsafe { sys::X509_NAME_cmp(*a.cast(), *b.cast()) }
}

impl Drop for NameStack {
    fn drop(&mut self) {
        // SAFETY: stack and names are ours.
        unsafe { sys::OPENSSL_sk_pop_free(self.0.as_ptr(), Some(free_name)) };
    }
}

impl NameStack {
    /// An empty stack; none when memory is short.
    pub fn new() -> Option<Self> {
        // SAFETY: plain call; the result is null or ours.
        NonNull::new(unsafe { sys::OPENSSL_sk_new_null() }).map(Self)
    }

    /// Takes a stack over, with the names in it; null gives none.
    ///
    /// # Safety
    /// `stack` is null or a live stack of live names, owned by the caller.
    pub unsafe fn from_owned(stack: *mut sys::stack_st_X509_NAME) -> Option<Self> {
        NonNull::new(stack.cast()).map(Self)
    }

    /// A copy of a stack and its names. Null is the empty stack.
    ///
    /// # Safety
    /// `stack` is null or a live stack of live names.
    pub unsafe fn copy(stack: *const sys::stack_st_X509_NAME) -> Option<Self> {
        let mut copy = Self::new()?;
        // SAFETY: null or live, by the caller.
        for name in unsafe { elements(stack) } {
            // SAFETY: live, by the caller.
            copy.push(unsafe { Name::copy(name) }?).then_some(())?;
        }
        Some(copy)
    }

    /// Appends a name.
    pub fn push(&mut self, name: Name) -> bool {
        // SAFETY: both are ours; on success the name belongs to the stack.
        let pushed = unsafe { sys::OPENSSL_sk_push(self.0.as_ptr(), name.as_ptr().cast_const().cast()) } > 0;
        if pushed {
            std::mem::forget(name);
        }
        pushed
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        // SAFETY: the stack is live.
        usize::try_from(unsafe { sys::OPENSSL_sk_num(self.0.as_ptr()) }).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names in DER.
    pub fn to_der(&self) -> Vec<Vec<u8>> {
        // SAFETY: the stack and its names are live.
        let names = unsafe { elements(self.as_ptr()) };
        // SAFETY: as above.
        let der = |name| err::discarding(|| encode(|out| unsafe { sys::i2d_X509_NAME(name, out) }));
        names.into_iter().filter_map(der).collect()
    }

    /// The stack for C, still owned by `self`.
    pub fn as_ptr(&self) -> *mut sys::stack_st_X509_NAME {
        self.0.as_ptr().cast()
    }

    /// Gives stack and names to C.
    pub fn into_raw(self) -> *mut sys::stack_st_X509_NAME {
        let raw = self.as_ptr();
        std::mem::forget(self);
        raw
    }
}

/// # Safety
/// `stack` is null or a live stack of names.
unsafe fn elements(stack: *const sys::stack_st_X509_NAME) -> Vec<*const sys::X509_NAME> {
    let stack = stack.cast::<sys::OPENSSL_STACK>();
    // SAFETY: null (then -1) or live, by the caller; the index is within the stack.
    unsafe { (0..sys::OPENSSL_sk_num(stack)).map(|at| sys::OPENSSL_sk_value(stack, at).cast_const().cast()).collect() }
}

/// Adds names to a stack of the program's while it lives, each once. As in OpenSSL the stack may be sorted by that.
#[derive(Debug)]
pub struct NameCollector {
    stack: *mut sys::OPENSSL_STACK,
    previous: sys::StackCompare,
}

impl NameCollector {
    /// Begins to add names.
    ///
    /// # Safety
    /// `stack` is a stack of names that stays live, and is used by nobody else, as long as the result.
    pub unsafe fn new(stack: *mut sys::stack_st_X509_NAME) -> Self {
        let stack = stack.cast();
        // SAFETY: live, by the caller.
        Self { stack, previous: unsafe { sys::OPENSSL_sk_set_cmp_func(stack, Some(compare_names)) } }
    }

    /// Adds a certificate's subject unless it is there already. False when memory is short.
    pub fn add_subject(&mut self, certificate: &X509) -> bool {
        let Some(name) = Name::of_subject(certificate) else { return false };
        // SAFETY: live, by the promise to `new`; a name that is pushed belongs to the stack.
        unsafe {
            let pointer = name.as_ptr().cast_const().cast::<c_void>();
            if sys::OPENSSL_sk_find(self.stack, pointer) >= 0 {
                return true;
            }
            let pushed = sys::OPENSSL_sk_push(self.stack, pointer) > 0;
            if pushed {
                std::mem::forget(name);
            }
            pushed
        }
    }

    /// Adds the subjects of the certificates behind a URI, also of those it only names.
    pub fn add_store(&mut self, uri: &CStr, depth: u32) -> bool {
        // SAFETY: the URI is a C string; what is null is optional.
        let store = unsafe {
            sys::OSSL_STORE_open_ex(
                uri.as_ptr(),
                ptr::null_mut(),
                ptr::null(),
                ptr::null(),
                ptr::null_mut(),
                ptr::null(),
                ptr::null(),
                ptr::null_mut(),
            )
        };
        let Some(store) = NonNull::new(store).map(OpenStore) else { return false };
        while let Some(next) = store.next() {
            let Some(info) = next else { continue };
            // SAFETY: what was loaded is live, and lends what it holds.
            let added = unsafe {
                match sys::OSSL_STORE_INFO_get_type(info.0.as_ptr()) {
                    sys::OSSL_STORE_INFO_NAME if depth > 0 => {
                        self.add_store(CStr::from_ptr(sys::OSSL_STORE_INFO_get0_NAME(info.0.as_ptr())), depth - 1)
                    }
                    sys::OSSL_STORE_INFO_CERT => {
                        let certificate = X509::from_borrowed(sys::OSSL_STORE_INFO_get0_CERT(info.0.as_ptr()));
                        certificate.is_none_or(|certificate| self.add_subject(&certificate))
                    }
                    _ => true,
                }
            };
            if !added {
                return false;
            }
        }
        true
    }
}

impl Drop for NameCollector {
    fn drop(&mut self) {
        // SAFETY: live, by the promise to `new`.
        unsafe { sys::OPENSSL_sk_set_cmp_func(self.stack, self.previous) };
    }
}

struct OpenStore(NonNull<sys::OSSL_STORE_CTX>);

struct Loaded(NonNull<sys::OSSL_STORE_INFO>);

impl OpenStore {
    /// The next thing, `Some(None)` for one that could not be read, or the end.
    fn next(&self) -> Option<Option<Loaded>> {
        // SAFETY: the store is live; what it gives is ours.
        unsafe {
            if sys::OSSL_STORE_eof(self.0.as_ptr()) != 0 || sys::OSSL_STORE_error(self.0.as_ptr()) != 0 {
                return None;
            }
            Some(NonNull::new(sys::OSSL_STORE_load(self.0.as_ptr())).map(Loaded))
        }
    }
}

impl Drop for OpenStore {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::OSSL_STORE_close(self.0.as_ptr()) };
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::OSSL_STORE_INFO_free(self.0.as_ptr()) };
    }
}
