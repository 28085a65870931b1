/* Names looked up at run time: what programs find with dlsym is there, and is the same by every way of asking. */
#include "check.h"
#include "lookup_names.h"

#include <dlfcn.h>

static void *library;

/* Prints the name if it is missing, or if the ways to it lead to different places; counts what was found. */
static int found(const char *name)
{
    void *address = dlsym(library, name);

    if (address == NULL) {
        printf("  %s is not there\n", name);
        return 0;
    }
    if (dlvsym(library, name, "OPENSSL_3.0.0") != address)
        printf("  %s is not on the node OPENSSL_3.0.0\n", name);
    if (dlsym(RTLD_DEFAULT, name) != address)
        printf("  %s is another one in the global scope\n", name);
    return 1;
}

static void group(const char *who, const char *const *names)
{
    int there = 0, all = 0;

    SECTION(who);
    for (; *names != NULL; names++, all++)
        there += found(*names);
    printf("%d of %d\n", there, all);
}

#define NAME(name) #name,
static const char *const of_dotnet[] = { NAMES_DOTNET(NAME) NULL };
static const char *const of_qt[] = { NAMES_QT(NAME) NULL };
static const char *const of_ctypes[] = { NAMES_CTYPES(NAME) NULL };
static const char *const of_others[] = { NAMES_OTHERS(NAME) NULL };

/* .NET and ctypes users ask libssl's handle for libcrypto's names too: they come from the library it depends on. */
static void of_libcrypto(void)
{
    static const char *const names[] = {
        "BIO_new", "BIO_s_mem", "BIO_read", "BIO_write", "BIO_ctrl", "BIO_free", "ERR_get_error", "ERR_peek_error",
        "ERR_clear_error", "ERR_error_string_n", "ERR_put_error", "ERR_new", "ERR_set_error", "EVP_PKEY_new", "EVP_PKEY_free",
        "EVP_DigestSignInit", "EVP_sha256", "X509_new", "X509_free", "X509_up_ref", "X509_STORE_add_cert",
        "X509_STORE_CTX_get0_cert", "X509_STORE_CTX_get_ex_data", "X509_verify_cert", "X509_check_host", "X509_chain_up_ref",
        "OPENSSL_sk_num", "OPENSSL_sk_value", "OPENSSL_sk_pop_free", "OPENSSL_init_crypto", "OpenSSL_version_num",
        "CRYPTO_malloc", "CRYPTO_free", "CRYPTO_get_ex_new_index", "PEM_read_bio_X509", "d2i_X509", "i2d_X509",
        "OBJ_nid2obj", "RAND_bytes", "OCSP_response_status", "HMAC", "OSSL_PROVIDER_try_load", "CONF_modules_load_file",
    };
    int there = 0;

    SECTION("libcrypto's names on libssl's handle");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *address = dlsym(library, names[i]);

        if (address == NULL)
            printf("  %s is not there\n", names[i]);
        else if (address != dlsym(RTLD_DEFAULT, names[i]))
            printf("  %s is another one than the program's\n", names[i]);
        else
            there++;
    }
    SHOW(there);
}

/* Names whose presence would tell a program that this is an older OpenSSL, a LibreSSL or a BoringSSL, or is on another node. */
static void not_there(void)
{
    static const char *const names[] = {
        "SSL_state", "SSL_library_init", "SSL_load_error_strings", "SSLeay_version", "SSLeay", "SSLv23_method",
        "SSL_get_peer_certificate", "SSL_CTX_set_tmp_rsa_callback", "SSL_CTX_set_min_proto_version", "TLS_with_buffers_method",
        "SSL_set_tlsext_host_name", "SSL_set_retry_verify", "ENGINE_load_builtin_engines", "CRYPTO_num_locks", "CRYPTO_set_locking_callback",
        "EVP_PKEY_size", "EVP_CIPHER_CTX_init",
    };

    SECTION("names that are not there");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        printf("%s = %s\n", names[i], dlsym(library, names[i]) == NULL ? "null" : "non-null");
    SHOW_PTR(dlvsym(library, "SSL_new", "OPENSSL_1_1_0"));
    SHOW_PTR(dlvsym(library, "SSL_new", "OPENSSL_3.5.0"));
}

/* How a library is opened that the program is linked with, or that another library has opened before. */
static void handles(void)
{
    void *again = dlopen("libssl.so.3", RTLD_LAZY | RTLD_LOCAL), *deep;

    SECTION("handles");
    CHECK(again == library);
    SHOW(dlclose(again));
    SHOW_PTR(dlopen("libssl.so.3", RTLD_LAZY | RTLD_NOLOAD));
#ifdef __SANITIZE_ADDRESS__
    deep = dlopen("libssl.so.3", RTLD_NOW); /* the sanitizer forbids RTLD_DEEPBIND */
#else
    deep = dlopen("libssl.so.3", RTLD_NOW | RTLD_DEEPBIND);
#endif
    CHECK(deep == library);
    SHOW(dlclose(deep));
    /* closing it as often as it was opened takes nothing away */
    for (int i = 0; i < 3; i++)
        dlclose(library);
    library = dlopen("libssl.so.3", RTLD_NOW);
    SHOW_PTR(dlsym(library, "SSL_new"));
}

int main(void)
{
    SSL_CTX *ctx;

    if ((library = dlopen("libssl.so.3", RTLD_LAZY)) == NULL)
        check_give_up("dlopen");
    group(".NET", of_dotnet);
    group("Qt", of_qt);
    group("ctypes", of_ctypes);
    group("others", of_others);
    of_libcrypto();
    not_there();
    handles();
    ctx = SSL_CTX_new(TLS_method());
    SHOW_PTR(ctx);
    SSL_CTX_free(ctx);
    return 0;
}
