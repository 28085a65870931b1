//! Cipher and MAC of one ticket, as a program has set them up.

use super::lib_ctx::LibCtx;
use super::sys;
use std::ffi::c_int;
use std::ptr::{self, NonNull};
use zeroize::Zeroizing;

/// The longest MAC (`EVP_MAX_MD_SIZE`).
const MAX_MAC: usize = 64;

#[derive(Debug)]
enum Mac {
    Hmac(NonNull<sys::HMAC_CTX>),
    Evp(NonNull<sys::EVP_MAC_CTX>),
}

/// A cipher and a MAC, empty until a program fills them. Each does its work once.
#[derive(Debug)]
pub struct TicketCipher {
    cipher: NonNull<sys::EVP_CIPHER_CTX>,
    mac: Mac,
}

impl Drop for TicketCipher {
    fn drop(&mut self) {
        // SAFETY: both contexts are ours.
        unsafe {
            sys::EVP_CIPHER_CTX_free(self.cipher.as_ptr());
            match self.mac {
                Mac::Hmac(hmac) => sys::HMAC_CTX_free(hmac.as_ptr()),
                Mac::Evp(mac) => sys::EVP_MAC_CTX_free(mac.as_ptr()),
            }
        }
    }
}

impl TicketCipher {
    fn new(mac: Mac) -> Option<Self> {
        // SAFETY: plain call; the result is owned below.
        match NonNull::new(unsafe { sys::EVP_CIPHER_CTX_new() }) {
            Some(cipher) => Some(Self { cipher, mac }),
            None => {
                // SAFETY: the context is ours and nobody else has it.
                unsafe {
                    match mac {
                        Mac::Hmac(hmac) => sys::HMAC_CTX_free(hmac.as_ptr()),
                        Mac::Evp(mac) => sys::EVP_MAC_CTX_free(mac.as_ptr()),
                    }
                }
                None
            }
        }
    }

    /// With an `HMAC_CTX`. `None` when memory is short.
    pub fn with_hmac() -> Option<Self> {
        // SAFETY: plain call; the result is owned by `new`.
        Self::new(Mac::Hmac(NonNull::new(unsafe { sys::HMAC_CTX_new() })?))
    }

    /// With an `EVP_MAC_CTX` of HMAC. `None` when the library context has no HMAC.
    pub fn with_mac(lib_ctx: &LibCtx) -> Option<Self> {
        // SAFETY: the library context outlives its users, by the program; the query is null or a C string.
        let mac = unsafe { sys::EVP_MAC_fetch(lib_ctx.as_ptr(), c"HMAC".as_ptr(), lib_ctx.properties()) };
        if mac.is_null() {
            return None;
        }
        // SAFETY: `mac` is live; the context keeps a count of its own, and ours is given up.
        let ctx = unsafe {
            let ctx = sys::EVP_MAC_CTX_new(mac);
            sys::EVP_MAC_free(mac);
            ctx
        };
        Self::new(Mac::Evp(NonNull::new(ctx)?))
    }

    /// The cipher's context, for the program.
    pub fn cipher(&self) -> *mut sys::EVP_CIPHER_CTX {
        self.cipher.as_ptr()
    }

    /// The `HMAC_CTX`; null in the other kind.
    pub fn hmac(&self) -> *mut sys::HMAC_CTX {
        match self.mac {
            Mac::Hmac(hmac) => hmac.as_ptr(),
            Mac::Evp(_) => ptr::null_mut(),
        }
    }

    /// The `EVP_MAC_CTX`; null in the other kind.
    pub fn mac(&self) -> *mut sys::EVP_MAC_CTX {
        match self.mac {
            Mac::Hmac(_) => ptr::null_mut(),
            Mac::Evp(mac) => mac.as_ptr(),
        }
    }

    /// Length of the cipher's IV; 0 when the program has set up none.
    pub fn iv_len(&self) -> usize {
        // SAFETY: the context is live.
        usize::try_from(unsafe { sys::EVP_CIPHER_CTX_get_iv_length(self.cipher()) }).unwrap_or(0)
    }

    /// Length of the MAC; 0 when the program has set up none.
    pub fn mac_len(&self) -> usize {
        // SAFETY: the contexts are live.
        unsafe {
            match self.mac {
                Mac::Hmac(hmac) => sys::HMAC_size(hmac.as_ptr()),
                Mac::Evp(mac) => sys::EVP_MAC_CTX_get_mac_size(mac.as_ptr()),
            }
        }
    }

    /// Encrypts or decrypts `data`, as the cipher was set up.
    fn run(&self, data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        // SAFETY: the context is live.
        let block = unsafe { sys::EVP_CIPHER_CTX_get_block_size(self.cipher()) };
        let mut out = Zeroizing::new(vec![0; data.len() + usize::try_from(block).ok()? + MAX_MAC]);
        let (mut len, mut rest): (c_int, c_int) = (0, 0);
        let size = c_int::try_from(data.len()).ok()?;
        // SAFETY: the context is live; `out` has room for the data and a block more.
        if unsafe { sys::EVP_CipherUpdate(self.cipher(), out.as_mut_ptr(), &raw mut len, data.as_ptr(), size) } <= 0 {
            return None;
        }
        let done = usize::try_from(len).ok()?;
        let end = out.get_mut(done..)?.as_mut_ptr();
        // SAFETY: as above; what is written now is at most a block.
        if unsafe { sys::EVP_CipherFinal(self.cipher(), end, &raw mut rest) } <= 0 {
            return None;
        }
        out.truncate(done + usize::try_from(rest).ok()?);
        Some(out)
    }

    /// Encrypts `plain`; `None` when the cipher is not set up for it.
    pub fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.run(plain).map(|sealed| sealed.to_vec())
    }

    /// Decrypts `sealed`; `None` when it is not of this key.
    pub fn decrypt(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        super::err::discarding(|| self.run(sealed))
    }

    /// The MAC of `data`; `None` when none is set up.
    pub fn mac_of(&self, data: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; self.mac_len().max(MAX_MAC)];
        let size = out.len();
        let mut len = 0;
        // SAFETY: the contexts are live, `data` is readable and `out` writable for its length, which is no less than
        // the MAC's.
        let done = unsafe {
            match self.mac {
                Mac::Hmac(hmac) => {
                    let mut short = 0;
                    let done = sys::HMAC_Update(hmac.as_ptr(), data.as_ptr(), data.len()) > 0
                        && sys::HMAC_Final(hmac.as_ptr(), out.as_mut_ptr(), &raw mut short) > 0;
                    len = short as usize;
                    done
                }
                Mac::Evp(mac) => {
                    sys::EVP_MAC_update(mac.as_ptr(), data.as_ptr(), data.len()) > 0
                        && sys::EVP_MAC_final(mac.as_ptr(), out.as_mut_ptr(), &raw mut len, size) > 0
                }
            }
        };
        out.truncate(len);
        done.then_some(out)
    }

    /// Whether `mac` is the MAC of `data`; takes the same time wherever they differ.
    pub fn mac_is(&self, data: &[u8], mac: &[u8]) -> bool {
        self.mac_of(data).is_some_and(|own| aws_lc_rs::constant_time::verify_slices_are_equal(&own, mac).is_ok())
    }
}
