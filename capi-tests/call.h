/* Calls on a connection, printed with everything a program could look at after them. */
#ifndef CAPI_TESTS_CALL_H
#define CAPI_TESTS_CALL_H

#include "peer.h"

/* Makes an I/O call; prints its value, SSL_get_error, SSL_want, and the error queue if it is not empty. */
#define CALL(ssl, expr)                       \
    do {                                      \
        int call_ret;                         \
                                              \
        ERR_clear_error();                    \
        call_ret = (expr);                    \
        call_show(#expr, (ssl), call_ret);    \
    } while (0)

/* As CALL, without printing the expression: for calls whose text would hold a local detail. */
#define CALL_AS(label, ssl, expr)             \
    do {                                      \
        int call_ret;                         \
                                              \
        ERR_clear_error();                    \
        call_ret = (expr);                    \
        call_show((label), (ssl), call_ret);  \
    } while (0)

static inline const char *call_error_name(int error)
{
    static const char *const names[] = {
        "none", "ssl", "want_read", "want_write", "want_x509_lookup", "syscall", "zero_return",
        "want_connect", "want_accept", "want_async", "want_async_job", "want_client_hello_cb", "want_retry_verify",
    };

    return error >= 0 && (size_t)error < sizeof names / sizeof *names ? names[error] : "unknown";
}

static inline void call_show(const char *label, SSL *ssl, int ret)
{
    int error = SSL_get_error(ssl, ret);
    unsigned long code;

    printf("%s = %d, error %s", label, ret, call_error_name(error));
    /* in other cases SSL_want may still say what an earlier call wanted */
    if (error != SSL_ERROR_NONE && error != SSL_ERROR_SSL && error != SSL_ERROR_SYSCALL && error != SSL_ERROR_ZERO_RETURN)
        printf(", want %d", SSL_want(ssl));
    printf("\n");
    /* what libcrypto's providers add says how a library does its cryptography, not what the program did wrong */
    while ((code = ERR_get_error()) != 0)
        if (ERR_GET_LIB(code) != ERR_LIB_PROV)
            check_print_err("  err", code, NULL);
}

/* Contexts of one test. `version` limits the client; 0 leaves both versions on. */
struct contexts {
    SSL_CTX *client, *server;
};

static inline struct contexts contexts_new(const char *cert, int version)
{
    struct contexts both = { new_client_ctx(), new_server_ctx(cert) };

    if (version != 0
        && (SSL_CTX_set_min_proto_version(both.client, version) != 1 || SSL_CTX_set_max_proto_version(both.client, version) != 1))
        check_give_up("version");
    return both;
}

static inline void contexts_free(struct contexts *both)
{
    SSL_CTX_free(both->client);
    SSL_CTX_free(both->server);
}

/* Runs `test` once in TLS 1.2 and once in TLS 1.3. */
static inline void in_both_versions(const char *name, void (*test)(int version))
{
    char title[200];

    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        snprintf(title, sizeof title, "%s, %s", name, version == TLS1_2_VERSION ? "TLS 1.2" : "TLS 1.3");
        SECTION(title);
        test(version);
    }
}

/* Bytes that differ everywhere, so that a repeated or lost record shows. */
static inline void fill_pattern(unsigned char *out, size_t len, uint64_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        out[i] = (unsigned char)(seed >> 56);
    }
}

/* FNV-1a of a stream, fed in pieces; start with 14695981039346656037. */
static inline uint64_t fingerprint(uint64_t sum, const void *data, size_t len)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

#endif
