/*
 * SSL_SESSION_free(3) and its getters and setters, SSL_set_session(3), SSL_get_session(3), SSL_session_reused(3),
 * d2i_SSL_SESSION(3): session objects, who counts them, and resumption within one process.
 */
#include "peer.h"

#include <openssl/pem.h>

static int freed_index, freed;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    if (ptr != NULL)
        freed++;
}

/* A session that can be seen to go. */
static void watch(SSL_SESSION *session)
{
    freed = 0;
    if (SSL_SESSION_set_ex_data(session, freed_index, "watched") != 1)
        check_give_up("SSL_SESSION_set_ex_data");
}

static void new_object(void)
{
    SSL_SESSION *session = SSL_SESSION_new(), *copy;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    unsigned char key[64];
    const unsigned char *bytes;
    unsigned int len;
    size_t size;
    void *data;

    SECTION("a new object");
    SHOW_PTR(session);
    SHOW_PTR(SSL_SESSION_get_id(session, &len));
    SHOW(len);
    SHOW_PTR(SSL_SESSION_get0_id_context(session, &len));
    SHOW(len);
    SHOW(SSL_SESSION_get_timeout(session));
    CHECK(SSL_SESSION_get_time(session) > 1500000000);
    SHOW(SSL_SESSION_get_protocol_version(session));
    SHOW(SSL_SESSION_get_compress_id(session));
    SHOW_PTR(SSL_SESSION_get0_cipher(session));
    SHOW_PTR(SSL_SESSION_get0_peer(session));
    SHOW_STR(SSL_SESSION_get0_hostname(session));
    SHOW(SSL_SESSION_has_ticket(session));
    SHOW(SSL_SESSION_get_ticket_lifetime_hint(session));
    SSL_SESSION_get0_ticket(session, &bytes, &size);
    SHOW_PTR(bytes);
    SHOW(size);
    SSL_SESSION_get0_alpn_selected(session, &bytes, &size);
    SHOW_PTR(bytes);
    SHOW(size);
    SHOW(SSL_SESSION_get_max_early_data(session));
    SHOW(SSL_SESSION_get_max_fragment_length(session));
    SHOW(SSL_SESSION_get_master_key(session, NULL, 0));
    SHOW(SSL_SESSION_get_master_key(session, key, sizeof key));
    SHOW(SSL_SESSION_is_resumable(session));
    SHOW(SSL_SESSION_get0_ticket_appdata(session, &data, &size));
    SHOW_PTR(data);
    SHOW(size);
    SHOW_ERR();

    SECTION("setters");
    SHOW(SSL_SESSION_set_time(session, 1600000000));
    SHOW(SSL_SESSION_get_time(session));
    SHOW(SSL_SESSION_set_timeout(session, 77));
    SHOW(SSL_SESSION_get_timeout(session));
    SHOW(SSL_SESSION_set_protocol_version(session, TLS1_2_VERSION));
    SHOW(SSL_SESSION_get_protocol_version(session));
    SHOW(SSL_SESSION_set1_id(session, (const unsigned char *)"0123456789abcdef0123456789abcdef", 32));
    SHOW(SSL_SESSION_set1_id(session, (const unsigned char *)"0123456789abcdef0123456789abcdef0", 33));
    SHOW_ERR();
    SSL_SESSION_get_id(session, &len);
    SHOW(len);
    SHOW(SSL_SESSION_set1_id_context(session, (const unsigned char *)"context", 7));
    SHOW(SSL_SESSION_set1_id_context(session, (const unsigned char *)"0123456789abcdef0123456789abcdef0", 33));
    SHOW_ERR();
    bytes = SSL_SESSION_get0_id_context(session, &len);
    SHOW_HEX("id context", bytes, len);
    SHOW(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, (const unsigned char *)"\xc0\x2f")));
    SHOW_STR(SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)));
    SHOW(SSL_SESSION_set1_hostname(session, "example.org"));
    SHOW_STR(SSL_SESSION_get0_hostname(session));
    SHOW(SSL_SESSION_set1_hostname(session, NULL));
    SHOW_STR(SSL_SESSION_get0_hostname(session));
    SHOW(SSL_SESSION_set1_alpn_selected(session, (const unsigned char *)"h2", 2));
    SSL_SESSION_get0_alpn_selected(session, &bytes, &size);
    SHOW_HEX("alpn", bytes, size);
    SHOW(SSL_SESSION_set1_alpn_selected(session, NULL, 0));
    SSL_SESSION_get0_alpn_selected(session, &bytes, &size);
    SHOW(size);
    SHOW(SSL_SESSION_set_max_early_data(session, 999));
    SHOW(SSL_SESSION_get_max_early_data(session));
    memset(key, 0x5a, sizeof key);
    SHOW(SSL_SESSION_set1_master_key(session, key, 48));
    SHOW(SSL_SESSION_get_master_key(session, NULL, 0));
    memset(key, 0, sizeof key);
    SHOW(SSL_SESSION_get_master_key(session, key, 10));
    SHOW_HEX("key", key, 16);
    SHOW(SSL_SESSION_get_master_key(session, key, sizeof key));
    SHOW(SSL_SESSION_set1_ticket_appdata(session, "ticket", 6));
    SHOW(SSL_SESSION_get0_ticket_appdata(session, &data, &size));
    SHOW_HEX("application data", data, size);
    SHOW(SSL_SESSION_is_resumable(session));
    SHOW_ERR();

    SECTION("a copy");
    copy = SSL_SESSION_dup(session);
    SHOW_PTR(copy);
    CHECK(copy != session);
    SHOW(SSL_SESSION_get_time(copy));
    SHOW(SSL_SESSION_get_timeout(copy));
    SHOW(SSL_SESSION_get_protocol_version(copy));
    SSL_SESSION_get_id(copy, &len);
    SHOW(len);
    SHOW_STR(SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(copy)));
    SHOW(SSL_SESSION_get_master_key(copy, NULL, 0));
    SHOW(SSL_SESSION_get0_ticket_appdata(copy, &data, &size));
    SHOW_HEX("application data", data, size);
    SSL_SESSION_free(copy);

    SECTION("counts");
    watch(session);
    SHOW(SSL_SESSION_up_ref(session));
    SSL_SESSION_free(session);
    SHOW(freed);
    SSL_SESSION_free(session);
    SHOW(freed);
    SSL_SESSION_free(NULL);
    SHOW(SSL_SESSION_set_time(NULL, 1));
    SHOW(SSL_SESSION_set_timeout(NULL, 1));
    SHOW(SSL_SESSION_get_time(NULL));
    SHOW(SSL_SESSION_get_timeout(NULL));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static SSL_CTX *client_ctx, *server_ctx;

/* One connection, with `session` offered if not NULL; returns what the client then holds. */
static SSL_SESSION *connect_once(SSL_SESSION *session, int *client_reused, int *server_reused)
{
    SSL *client, *server;
    SSL_SESSION *held;

    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_set_tlsext_host_name(client, "localhost");
    if (session != NULL && SSL_set_session(client, session) != 1)
        check_give_up("SSL_set_session");
    pair_connect(client, server);
    if (!pair_transfer(server, client, "hello", 5) || !pair_transfer(client, server, "hello", 5))
        check_give_up("transfer");
    *client_reused = SSL_session_reused(client);
    *server_reused = SSL_session_reused(server);
    held = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    return held;
}

static void new_contexts(int version, uint64_t options)
{
    client_ctx = new_client_ctx();
    server_ctx = new_server_ctx("rsa");
    SSL_CTX_set_max_proto_version(client_ctx, version);
    SSL_CTX_set_options(server_ctx, options);
    SSL_CTX_set_options(client_ctx, options);
}

static void free_contexts(void)
{
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

static void show_session(SSL_SESSION *session)
{
    unsigned int id_len, context_len;
    const unsigned char *ticket;
    size_t ticket_len;

    SHOW_PTR(session);
    SSL_SESSION_get_id(session, &id_len);
    SHOW(id_len);
    SSL_SESSION_get0_id_context(session, &context_len);
    SHOW(context_len);
    SHOW(SSL_SESSION_get_protocol_version(session));
    SHOW_STR(SSL_CIPHER_get_name(SSL_SESSION_get0_cipher(session)));
    SHOW(SSL_SESSION_has_ticket(session));
    SHOW(SSL_SESSION_get_ticket_lifetime_hint(session));
    SSL_SESSION_get0_ticket(session, &ticket, &ticket_len);
    CHECK((ticket_len > 0) == SSL_SESSION_has_ticket(session));
    SHOW(SSL_SESSION_get_timeout(session));
    SHOW(SSL_SESSION_get_master_key(session, NULL, 0));
    SHOW_STR(SSL_SESSION_get0_hostname(session));
    SHOW_PTR(SSL_SESSION_get0_peer(session));
    SHOW(SSL_SESSION_is_resumable(session));
    SHOW(SSL_SESSION_get_max_early_data(session));
}

static void resume(const char *title, int version, uint64_t options)
{
    SSL_SESSION *first, *second, *third;
    int client_reused, server_reused;

    SECTION(title);
    new_contexts(version, options);
    first = connect_once(NULL, &client_reused, &server_reused);
    printf("first: %d %d\n", client_reused, server_reused);
    show_session(first);
    second = connect_once(first, &client_reused, &server_reused);
    printf("second: %d %d\n", client_reused, server_reused);
    show_session(second);
    third = connect_once(second, &client_reused, &server_reused);
    printf("third: %d %d\n", client_reused, server_reused);
    SHOW_ERR();
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    SSL_SESSION_free(third);
    free_contexts();
}

/* A connection with a session that must not be resumed; the handshake is a full one. */
static void expect_full(const char *why, SSL_SESSION *session)
{
    int client_reused, server_reused;

    SSL_SESSION_free(connect_once(session, &client_reused, &server_reused));
    printf("%s: %d %d\n", why, client_reused, server_reused);
}

static void not_resumed(int version)
{
    SSL_SESSION *session;
    SSL_CTX *other;
    int ignored;

    printf("== not resumed, version %x\n", version);
    new_contexts(version, 0);
    session = connect_once(NULL, &ignored, &ignored);

    other = server_ctx;
    server_ctx = new_server_ctx("rsa");
    expect_full("a server that has never seen it", session);
    SSL_CTX_free(server_ctx);
    server_ctx = other;

    SSL_SESSION_free(session);
    session = connect_once(NULL, &ignored, &ignored);
    SHOW(SSL_CTX_set_session_id_context(server_ctx, (const unsigned char *)"other", 5));
    expect_full("another session id context", session);
    SSL_SESSION_free(session);
    session = connect_once(NULL, &ignored, &ignored);
    SSL_CTX_set_options(server_ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server_ctx, SSL_SESS_CACHE_OFF);
    expect_full("neither tickets nor cache", session);
    SSL_CTX_clear_options(server_ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server_ctx, SSL_SESS_CACHE_SERVER);

    SSL_SESSION_free(session);
    session = connect_once(NULL, &ignored, &ignored);
    SSL_CTX_set_max_proto_version(client_ctx, version == TLS1_3_VERSION ? TLS1_2_VERSION : TLS1_3_VERSION);
    if (version == TLS1_2_VERSION)
        SSL_CTX_set_min_proto_version(client_ctx, TLS1_3_VERSION);
    expect_full("another version", session);
    SSL_SESSION_free(session);
    free_contexts();
}

/* SSL_set_session and the session's count, seen by when it goes. */
static void set_session_counts(void)
{
    SSL_SESSION *session, *other;
    SSL *client, *server;
    int ignored;

    SECTION("SSL_set_session counts");
    new_contexts(TLS1_2_VERSION, 0);
    session = connect_once(NULL, &ignored, &ignored);
    other = connect_once(NULL, &ignored, &ignored);
    watch(session);
    client = SSL_new(client_ctx);
    SHOW(SSL_set_session(client, session));
    CHECK(SSL_get_session(client) == session);
    SSL_SESSION_free(session);
    SHOW(freed);
    SHOW(SSL_set_session(client, other));
    SHOW(freed);
    CHECK(SSL_get_session(client) == other);
    SHOW(SSL_set_session(client, NULL));
    SHOW_PTR(SSL_get_session(client));
    watch(other);
    SHOW(SSL_set_session(client, other));
    SHOW(SSL_set_session(client, other));
    SSL_free(client);
    SHOW(freed);
    SHOW(SSL_SESSION_get_protocol_version(other));
    SSL_SESSION_free(other);
    SHOW(freed);
    SHOW_ERR();

    SECTION("the count falls when the server does not resume");
    session = connect_once(NULL, &ignored, &ignored);
    watch(session);
    {
        SSL_CTX *strange = new_server_ctx("rsa");

        pair_new(&client, &server, client_ctx, strange);
        SSL_set_tlsext_host_name(client, "localhost");
        SHOW(SSL_set_session(client, session));
        SSL_SESSION_free(session);
        SHOW(freed);
        pair_connect(client, server);
        SHOW(freed);
        SHOW(SSL_session_reused(client));
        CHECK(SSL_get_session(client) != NULL);
        pair_free(client, server);
        SSL_CTX_free(strange);
    }
    SECTION("and stays when it does");
    session = connect_once(NULL, &ignored, &ignored);
    watch(session);
    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_set_tlsext_host_name(client, "localhost");
    SHOW(SSL_set_session(client, session));
    SSL_SESSION_free(session);
    pair_connect(client, server);
    SHOW(SSL_session_reused(client));
    SHOW(SSL_get_session(client) == session);
    SHOW(freed);
    pair_free(client, server);
    SHOW(freed);
    free_contexts();
}

static void getting(void)
{
    SSL *client, *server;
    SSL_SESSION *session;

    SECTION("SSL_get_session and SSL_get1_session");
    new_contexts(TLS1_2_VERSION, 0);
    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    session = SSL_get1_session(client);
    CHECK(SSL_get_session(client) == session);
    CHECK(SSL_get0_session(client) == session);
    SHOW_PTR(SSL_get_session(server));
    CHECK(SSL_get_session(server) != session);
    watch(session);
    SSL_SESSION_free(session);
    SHOW(freed);
    pair_free(client, server);
    SHOW(freed);

    SECTION("the same connection's id is taken over by SSL_copy_session_id");
    {
        SSL *from = SSL_new(client_ctx), *to = SSL_new(client_ctx);
        int ignored;

        session = connect_once(NULL, &ignored, &ignored);
        SHOW(SSL_set_session(from, session));
        SHOW(SSL_set_session_id_context(from, (const unsigned char *)"xy", 2));
        SHOW(SSL_copy_session_id(to, from));
        CHECK(SSL_get_session(to) == session);
        SSL_free(from);
        SSL_free(to);
        SSL_SESSION_free(session);
    }
    SHOW_ERR();
    free_contexts();
}

static void no_clean_end(void)
{
    SSL *client, *server;
    SSL_SESSION *session;
    int client_reused, server_reused;

    SECTION("connections that do not end cleanly (TLS 1.2)");
    new_contexts(TLS1_2_VERSION, SSL_OP_NO_TICKET);
    SHOW(SSL_CTX_set_session_id_context(server_ctx, (const unsigned char *)"s", 1));
    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    session = SSL_get1_session(client);
    /* no SSL_shutdown: the server forgets the session when it frees the connection */
    SHOW(SSL_CTX_sess_number(server_ctx));
    pair_free(client, server);
    SHOW(SSL_CTX_sess_number(server_ctx));
    SSL_SESSION_free(connect_once(session, &client_reused, &server_reused));
    SHOW(client_reused);
    SSL_SESSION_free(session);

    SECTION("SSL_set_session while a connection is open");
    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    SHOW(SSL_CTX_sess_number(server_ctx));
    SHOW(SSL_set_session(server, NULL));
    SHOW(SSL_CTX_sess_number(server_ctx));
    SHOW_PTR(SSL_get_session(server));
    pair_free(client, server);
    SHOW_ERR();
    free_contexts();
}

static void serialised(int version)
{
    SSL_SESSION *session, *back;
    unsigned char *der = NULL, *end;
    const unsigned char *at;
    int len, client_reused, server_reused;
    BIO *bio;

    printf("== DER and PEM, version %x\n", version);
    new_contexts(version, 0);
    session = connect_once(NULL, &client_reused, &server_reused);
    len = i2d_SSL_SESSION(session, NULL);
    CHECK(len > 100);
    /* no buffer: one is allocated */
    CHECK(i2d_SSL_SESSION(session, &der) == len);
    SHOW_PTR(der);
    OPENSSL_free(der);
    der = OPENSSL_malloc(len > 0 ? len : 1);
    end = der;
    CHECK(i2d_SSL_SESSION(session, &end) == len);
    CHECK(end == der + len);
    at = der;
    back = d2i_SSL_SESSION(NULL, &at, len);
    SHOW_PTR(back);
    SHOW_ERR();
    CHECK(at == der + len);
    if (back != NULL) {
        show_session(back);
        CHECK(SSL_SESSION_get_time(back) == SSL_SESSION_get_time(session));
        SSL_SESSION_free(connect_once(back, &client_reused, &server_reused));
        printf("resumed: %d %d\n", client_reused, server_reused);
        SSL_SESSION_free(back);
    }
    at = der;
    SHOW_PTR(d2i_SSL_SESSION(NULL, &at, len - 1));
    CHECK(at == der);
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    at = (const unsigned char *)"\x30\x03\x02\x01\x09";
    SHOW_PTR(d2i_SSL_SESSION(NULL, &at, 5));
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    SHOW(i2d_SSL_SESSION(NULL, NULL));
    OPENSSL_free(der);

    bio = BIO_new(BIO_s_mem());
    SHOW(PEM_write_bio_SSL_SESSION(bio, session));
    back = PEM_read_bio_SSL_SESSION(bio, NULL, NULL, NULL);
    SHOW_PTR(back);
    SSL_SESSION_free(back);
    CHECK(SSL_SESSION_print(bio, session) == 1);
    BIO_free(bio);
    SHOW_ERR();
    SSL_SESSION_free(session);
    free_contexts();
}

static void timeouts(void)
{
    SSL_SESSION *session;
    int client_reused, server_reused;

    SECTION("timeouts");
    new_contexts(TLS1_2_VERSION, SSL_OP_NO_TICKET);
    SHOW(SSL_CTX_get_timeout(server_ctx));
    SHOW(SSL_CTX_set_timeout(server_ctx, 50));
    SHOW(SSL_CTX_get_timeout(server_ctx));
    SHOW(SSL_CTX_set_timeout(client_ctx, 60));
    session = connect_once(NULL, &client_reused, &server_reused);
    SHOW(SSL_SESSION_get_timeout(session));
    {
        SSL *ssl = SSL_new(client_ctx);

        SHOW(SSL_get_default_timeout(ssl));
        SSL_free(ssl);
    }
    SSL_SESSION_free(connect_once(session, &client_reused, &server_reused));
    printf("in time: %d %d\n", client_reused, server_reused);
    /* the client's own object: an expired session is offered all the same, the server's copy decides */
    SSL_SESSION_set_time(session, 1000);
    SSL_SESSION_free(connect_once(session, &client_reused, &server_reused));
    printf("expired at the client: %d %d\n", client_reused, server_reused);
    SSL_SESSION_free(session);
    SHOW(SSL_CTX_set_timeout(NULL, 1));
    SHOW(SSL_CTX_get_timeout(NULL));
    SHOW_ERR();
    free_contexts();
}

/* A server that asks for client certificates must have a session id context to resume. */
static void no_id_context(int version)
{
    SSL_SESSION *session;
    SSL *client, *server;
    struct pair_result result;
    int ignored;

    printf("== client certificates asked for, but no session id context, version %x\n", version);
    new_contexts(version, 0);
    SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER, NULL);
    session = connect_once(NULL, &ignored, &ignored);
    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_set_tlsext_host_name(client, "localhost");
    SHOW(SSL_set_session(client, session));
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    pair_free(client, server);
    SSL_SESSION_free(session);
    free_contexts();
}

static void before_and_after(void)
{
    SSL *client, *server;
    SSL_SESSION *early, *late;

    SECTION("TLS 1.3: a session can be resumed once a ticket has come");
    new_contexts(TLS1_3_VERSION, 0);
    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    early = SSL_get1_session(client);
    SHOW(SSL_SESSION_is_resumable(early));
    SHOW(SSL_SESSION_has_ticket(early));
    pair_settle(client);
    late = SSL_get1_session(client);
    SHOW(SSL_SESSION_is_resumable(late));
    SHOW(SSL_SESSION_has_ticket(late));
    SSL_SESSION_free(early);
    SSL_SESSION_free(late);
    pair_free(client, server);
    free_contexts();
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    freed_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, on_free);
    new_object();
    resume("resumption by ticket, TLS 1.2", TLS1_2_VERSION, 0);
    resume("resumption by session id, TLS 1.2", TLS1_2_VERSION, SSL_OP_NO_TICKET);
    resume("resumption by ticket, TLS 1.3", TLS1_3_VERSION, 0);
    resume("resumption by stateful ticket, TLS 1.3", TLS1_3_VERSION, SSL_OP_NO_TICKET);
    not_resumed(TLS1_2_VERSION);
    not_resumed(TLS1_3_VERSION);
    set_session_counts();
    getting();
    no_clean_end();
    serialised(TLS1_2_VERSION);
    serialised(TLS1_3_VERSION);
    timeouts();
    no_id_context(TLS1_2_VERSION);
    no_id_context(TLS1_3_VERSION);
    before_and_after();
    return 0;
}
