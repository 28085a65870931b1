/* SSL_get_ex_new_index(3), SSL_set_ex_data(3): application data of contexts, connections and sessions, with its callbacks. */
#include "peer.h"

static int made, copied, ended, last_argl;
static const void *last_argp;
/* how many sessions a library makes for itself during a handshake is its own business */
static int quiet;

static void on_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx;
    if (ptr != NULL)
        printf("not NULL for a new object\n");
    made++;
    last_argl = (int)argl;
    last_argp = argp;
}

static int on_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int idx, long argl, void *argp)
{
    (void)to, (void)from, (void)idx, (void)argl, (void)argp;
    copied++;
    /* a copy of its own for the new object */
    if (*from_d != NULL)
        *from_d = (void *)"copy";
    return 1;
}

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)ad, (void)argl, (void)argp, (void)idx;
    if (quiet)
        return;
    CHECK(parent != NULL);
    printf("freed with %s\n", ptr == NULL ? "(null)" : (const char *)ptr);
    ended++;
}

static void counts(const char *when)
{
    printf("%s: made %d copied %d ended %d\n", when, made, copied, ended);
    made = copied = ended = 0;
}

static void on_context(void)
{
    SSL_CTX *ctx;
    int index = SSL_CTX_get_ex_new_index(42, (void *)"arg", on_new, on_dup, on_free), second = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);

    SECTION("a context");
    CHECK(index > 0);
    CHECK(second == index + 1);
    ctx = SSL_CTX_new(TLS_method());
    counts("context made");
    SHOW(last_argl);
    SHOW_STR(last_argp);
    SHOW_PTR(SSL_CTX_get_ex_data(ctx, index));
    SHOW(SSL_CTX_set_ex_data(ctx, index, "value"));
    SHOW_STR(SSL_CTX_get_ex_data(ctx, index));
    SHOW_PTR(SSL_CTX_get_ex_data(ctx, second));
    SHOW_PTR(SSL_CTX_get_ex_data(ctx, second + 100));
    SHOW_PTR(SSL_CTX_get_ex_data(ctx, -1));
    SHOW_ERR();
    /* index 0 is the application's own */
    SHOW_PTR(SSL_CTX_get_app_data(ctx));
    SHOW(SSL_CTX_set_app_data(ctx, "app"));
    SHOW_STR(SSL_CTX_get_app_data(ctx));
    SHOW_STR(SSL_CTX_get_ex_data(ctx, 0));
    SSL_CTX_up_ref(ctx);
    SSL_CTX_free(ctx);
    counts("one count less");
    SSL_CTX_free(ctx);
    counts("context gone");
    SHOW_ERR();
}

static void on_connection(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *before = SSL_new(ctx), *ssl, *copy;
    int index = SSL_get_ex_new_index(7, (void *)"arg", on_new, on_dup, on_free);

    SECTION("a connection");
    made = copied = ended = 0;
    CHECK(index > 0);
    /* made before the index was: it can hold a value all the same, and frees it */
    SHOW_PTR(SSL_get_ex_data(before, index));
    SHOW(SSL_set_ex_data(before, index, "late"));
    SHOW_STR(SSL_get_ex_data(before, index));
    SSL_free(before);
    counts("older connection gone");
    ssl = SSL_new(ctx);
    counts("connection made");
    SHOW(last_argl);
    SHOW_STR(last_argp);
    SHOW(SSL_set_ex_data(ssl, index, "value"));
    SHOW(SSL_set_app_data(ssl, "app"));
    SHOW_STR(SSL_get_app_data(ssl));
    SHOW(SSL_clear(ssl));
    counts("cleared");
    SHOW_STR(SSL_get_ex_data(ssl, index));
    copy = SSL_dup(ssl);
    counts("copied");
    SHOW_STR(SSL_get_ex_data(copy, index));
    SHOW_STR(SSL_get_ex_data(ssl, index));
    SHOW_STR(SSL_get_app_data(copy));
    SSL_free(copy);
    counts("copy gone");
    SHOW(SSL_set_ex_data(ssl, index, NULL));
    SSL_free(ssl);
    counts("connection gone");
    SSL_CTX_free(ctx);
    SHOW_ERR();
}

static void on_session(void)
{
    SSL_SESSION *session, *copy;
    int index = SSL_SESSION_get_ex_new_index(9, (void *)"arg", on_new, on_dup, on_free);

    SECTION("a session");
    made = copied = ended = 0;
    CHECK(index > 0);
    session = SSL_SESSION_new();
    counts("session made");
    SHOW(SSL_SESSION_set_ex_data(session, index, "value"));
    SHOW_STR(SSL_SESSION_get_ex_data(session, index));
    SHOW(SSL_SESSION_set_app_data(session, "app"));
    SHOW_STR(SSL_SESSION_get_app_data(session));
    copy = SSL_SESSION_dup(session);
    counts("copied");
    SHOW_STR(SSL_SESSION_get_ex_data(copy, index));
    SHOW_STR(SSL_SESSION_get_ex_data(session, index));
    SSL_SESSION_up_ref(session);
    SSL_SESSION_free(session);
    counts("one count less");
    SSL_SESSION_free(session);
    counts("session gone");
    SSL_SESSION_free(copy);
    counts("copy gone");
    SHOW_ERR();
}

/* The slots outlive a handshake, and the verify callback finds the connection through the store context. */
static int ssl_index;

static int on_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    if (X509_STORE_CTX_get_error_depth(store) == 0)
        printf("verify callback of %s, %d\n", ssl == NULL ? "(null)" : (const char *)SSL_get_ex_data(ssl, ssl_index), ok);
    return ok;
}

static void in_callbacks(void)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;

    SECTION("in callbacks");
    quiet = 1;
    CHECK(SSL_get_ex_data_X509_STORE_CTX_idx() >= 0);
    CHECK(SSL_get_ex_data_X509_STORE_CTX_idx() == SSL_get_ex_data_X509_STORE_CTX_idx());
    ssl_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, on_verify);
    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_set_ex_data(client, ssl_index, "the client");
    pair_connect(client, server);
    SHOW_STR(SSL_get_ex_data(client, ssl_index));
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    on_context();
    on_connection();
    on_session();
    in_callbacks();
    return 0;
}
