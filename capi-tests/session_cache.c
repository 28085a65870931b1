/*
 * SSL_CTX_set_session_cache_mode(3), SSL_CTX_sess_set_get_cb(3), SSL_CTX_add_session(3), SSL_CTX_flush_sessions(3),
 * SSL_CTX_sess_number(3), SSL_CTX_set_generate_session_id(3): caches of contexts, their callbacks and their counters.
 */
#include "peer.h"

#include <openssl/lhash.h>

static SSL_CTX *client_ctx, *server_ctx;
static int news, gets, removes, freed, freed_index;
static SSL_SESSION *kept;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    if (ptr != NULL)
        freed++;
}

static void new_contexts(int version, uint64_t server_options)
{
    client_ctx = new_client_ctx();
    server_ctx = new_server_ctx("ecdsa");
    SSL_CTX_set_max_proto_version(client_ctx, version);
    SSL_CTX_set_options(server_ctx, server_options);
    if (SSL_CTX_set_session_id_context(server_ctx, (const unsigned char *)"cache", 5) != 1)
        check_give_up("SSL_CTX_set_session_id_context");
    news = gets = removes = 0;
}

static void free_contexts(void)
{
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    client_ctx = server_ctx = NULL;
}

/* One clean connection; the return value is what the client then holds, one count is the caller's. */
static SSL_SESSION *once(SSL_SESSION *session, const char *label)
{
    SSL *client, *server;
    SSL_SESSION *held;

    pair_new(&client, &server, client_ctx, server_ctx);
    if (session != NULL && SSL_set_session(client, session) != 1)
        check_give_up("SSL_set_session");
    pair_connect(client, server);
    if (!pair_transfer(server, client, "hello", 5))
        check_give_up("transfer");
    held = SSL_get1_session(client);
    if (label != NULL)
        printf("%s: reused %d %d\n", label, SSL_session_reused(client), SSL_session_reused(server));
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_shutdown(client);
    pair_free(client, server);
    return held;
}

static void show_numbers(const char *label, SSL_CTX *ctx)
{
    printf("%s: number %ld connect %ld good %ld accept %ld good %ld hits %ld cb_hits %ld misses %ld timeouts %ld full %ld\n", label,
           SSL_CTX_sess_number(ctx), SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx), SSL_CTX_sess_accept(ctx),
           SSL_CTX_sess_accept_good(ctx), SSL_CTX_sess_hits(ctx), SSL_CTX_sess_cb_hits(ctx), SSL_CTX_sess_misses(ctx),
           SSL_CTX_sess_timeouts(ctx), SSL_CTX_sess_cache_full(ctx));
}

static void counters(const char *title, int version, uint64_t options)
{
    SSL_SESSION *first, *second;

    SECTION(title);
    new_contexts(version, options);
    show_numbers("server", server_ctx);
    first = once(NULL, "first");
    show_numbers("server", server_ctx);
    show_numbers("client", client_ctx);
    second = once(first, "second");
    show_numbers("server", server_ctx);
    show_numbers("client", client_ctx);
    /* an id that the server does not know */
    SSL_SESSION_free(second);
    second = once(NULL, "another");
    SSL_CTX_flush_sessions(server_ctx, 0);
    SHOW(SSL_CTX_sess_number(server_ctx));
    SSL_SESSION_free(once(second, "after the flush"));
    show_numbers("server", server_ctx);
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    free_contexts();
}

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    news++;
    CHECK(ssl != NULL && session != NULL);
    return 0;
}

static int on_new_keep(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    news++;
    SSL_SESSION_free(kept);
    kept = session;
    /* 1: the count stays with us */
    return 1;
}

static void on_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    removes++;
    CHECK(ctx != NULL && session != NULL);
}

static SSL_SESSION *on_get(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    CHECK(ssl != NULL && id != NULL && len == 32);
    gets++;
    /* as a store outside the process does it: an object of its own, whose count goes over to the library */
    *copy = 0;
    return kept == NULL ? NULL : SSL_SESSION_dup(kept);
}

/* An object that the program keeps a count of; only where it is in no other context's cache. */
static SSL_SESSION *on_get_shared(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    (void)ssl, (void)id, (void)len;
    gets++;
    *copy = 1;
    return kept;
}

static SSL_SESSION *on_get_nothing(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    (void)ssl, (void)id, (void)len, (void)copy;
    gets++;
    return NULL;
}

static void show_callbacks(const char *label)
{
    printf("%s: new %d get %d remove %d\n", label, news, gets, removes);
    news = gets = removes = 0;
}

static void server_callbacks(const char *title, int version, uint64_t options)
{
    SSL_SESSION *first, *second;

    SECTION(title);
    new_contexts(version, options);
    SSL_CTX_sess_set_new_cb(server_ctx, on_new);
    SSL_CTX_sess_set_remove_cb(server_ctx, on_remove);
    SSL_CTX_sess_set_get_cb(server_ctx, on_get_nothing);
    CHECK(SSL_CTX_sess_get_new_cb(server_ctx) == on_new);
    CHECK(SSL_CTX_sess_get_remove_cb(server_ctx) == on_remove);
    CHECK(SSL_CTX_sess_get_get_cb(server_ctx) == on_get_nothing);
    first = once(NULL, "first");
    show_callbacks("first");
    second = once(first, "second");
    show_callbacks("second");
    SSL_CTX_flush_sessions(server_ctx, 0);
    show_callbacks("flush");
    SSL_SESSION_free(once(second, "after the flush"));
    show_callbacks("after the flush");
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    free_contexts();
    show_callbacks("context gone");
}

/* The program's own store behind two servers: what one made, the other resumes. */
static void external_cache(int mode)
{
    SSL_SESSION *first;
    SSL_CTX *one, *two;

    printf("== a store of the program behind two servers, mode %x\n", mode);
    new_contexts(TLS1_2_VERSION, SSL_OP_NO_TICKET);
    one = server_ctx;
    two = new_server_ctx("ecdsa");
    SSL_CTX_set_options(two, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_id_context(two, (const unsigned char *)"cache", 5);
    for (int i = 0; i < 2; i++) {
        SSL_CTX *ctx = i == 0 ? one : two;

        SHOW(SSL_CTX_set_session_cache_mode(ctx, mode));
        SSL_CTX_sess_set_new_cb(ctx, on_new_keep);
        SSL_CTX_sess_set_get_cb(ctx, on_get);
    }
    first = once(NULL, "first");
    show_callbacks("first");
    SHOW_PTR(kept);
    server_ctx = two;
    SSL_SESSION_free(once(first, "at the other server"));
    show_callbacks("at the other server");
    show_numbers("other server", two);
    SSL_SESSION_free(once(first, "at the other server again"));
    show_callbacks("at the other server again");
    show_numbers("other server", two);
    server_ctx = one;
    SSL_SESSION_free(first);
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(two);
    free_contexts();
}

static void shared_object(void)
{
    SSL_SESSION *first;

    SECTION("the callback's object stays the program's");
    new_contexts(TLS1_2_VERSION, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server_ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(server_ctx, on_new_keep);
    SSL_CTX_sess_set_get_cb(server_ctx, on_get_shared);
    first = once(NULL, "first");
    freed = 0;
    SHOW(SSL_SESSION_set_ex_data(kept, freed_index, "watched"));
    SSL_SESSION_free(once(first, "resumption"));
    show_callbacks("resumption");
    SHOW(freed);
    SSL_SESSION_free(kept);
    SHOW(freed);
    kept = NULL;
    SSL_SESSION_free(first);
    free_contexts();
}

static void modes(void)
{
    static const int all[] = {
        SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_SERVER, SSL_SESS_CACHE_BOTH, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE,
        SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL,
        SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_AUTO_CLEAR,
    };

    SECTION("cache modes, TLS 1.2 by session id");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        SSL_SESSION *first;

        printf("-- mode %x\n", all[i]);
        new_contexts(TLS1_2_VERSION, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(server_ctx, all[i]);
        SSL_CTX_sess_set_new_cb(server_ctx, on_new);
        first = once(NULL, NULL);
        SHOW(SSL_CTX_sess_number(server_ctx));
        SHOW(SSL_SESSION_is_resumable(first));
        SSL_SESSION_free(once(first, "resumption"));
        show_callbacks("callbacks");
        SSL_SESSION_free(first);
        free_contexts();
    }
}

static void client_cache(int version)
{
    SSL_SESSION *first;

    printf("== a client's cache, version %x\n", version);
    new_contexts(version, 0);
    SHOW(SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT));
    SSL_CTX_sess_set_new_cb(client_ctx, on_new_keep);
    first = once(NULL, "first");
    show_callbacks("first");
    show_numbers("client", client_ctx);
    SHOW_PTR(kept);
    SHOW(SSL_SESSION_is_resumable(kept));
    SSL_SESSION_free(once(kept, "with what the callback got"));
    show_callbacks("second");
    show_numbers("client", client_ctx);
    SSL_SESSION_free(first);
    SSL_SESSION_free(kept);
    kept = NULL;
    free_contexts();

    new_contexts(version, 0);
    SHOW(SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE));
    SSL_CTX_sess_set_new_cb(client_ctx, on_new);
    first = once(NULL, NULL);
    show_callbacks("callback that keeps nothing");
    SHOW(SSL_CTX_sess_number(client_ctx));
    SSL_SESSION_free(first);
    free_contexts();
    /* off: no callback */
    new_contexts(version, 0);
    SSL_CTX_sess_set_new_cb(client_ctx, on_new);
    first = once(NULL, NULL);
    show_callbacks("cache off");
    SSL_SESSION_free(first);
    free_contexts();
}

static SSL_SESSION *made_up(const char *id)
{
    SSL_SESSION *session = SSL_SESSION_new();

    if (session == NULL || SSL_SESSION_set1_id(session, (const unsigned char *)id, (unsigned)strlen(id)) != 1
        || SSL_SESSION_set_protocol_version(session, TLS1_2_VERSION) != 1 || SSL_SESSION_set_ex_data(session, freed_index, "watched") != 1)
        check_give_up("session");
    return session;
}

static void show_id(void *session, void *arg)
{
    unsigned int len;
    const unsigned char *id = SSL_SESSION_get_id(session, &len);

    printf("%s %.*s\n", (const char *)arg, (int)len, (const char *)id);
}

/* The cache as libcrypto's hash table. */
static void show_table(SSL_CTX *ctx)
{
    OPENSSL_LHASH *table = (OPENSSL_LHASH *)SSL_CTX_sessions(ctx);

    SHOW_PTR(table);
    SHOW(OPENSSL_LH_num_items(table));
    OPENSSL_LH_doall_arg(table, show_id, "in the table:");
}

static void by_hand(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_SESSION *a = made_up("aaaaaaaaaaaaaaaa"), *a_again = made_up("aaaaaaaaaaaaaaaa"), *b = made_up("bbbbbbbbbbbbbbbb"), *c = made_up("cccccccccccccccc");

    SECTION("adding and removing by hand");
    removes = freed = 0;
    SSL_CTX_sess_set_remove_cb(ctx, on_remove);
    SHOW(SSL_CTX_add_session(ctx, a));
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(SSL_CTX_add_session(ctx, a));
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(removes);
    SHOW(SSL_CTX_add_session(ctx, a_again));
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(removes);
    SSL_SESSION_free(a);
    SHOW(freed);
    SHOW(SSL_CTX_remove_session(ctx, b));
    SHOW(SSL_CTX_remove_session(ctx, NULL));
    SHOW(SSL_CTX_remove_session(ctx, a_again));
    SHOW(SSL_CTX_remove_session(ctx, a_again));
    SHOW(removes);
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(SSL_SESSION_is_resumable(a_again));
    SSL_SESSION_free(a_again);
    SHOW(freed);

    SECTION("a full cache lets the oldest go");
    removes = freed = 0;
    a = made_up("aaaaaaaaaaaaaaaa");
    SHOW(SSL_CTX_sess_set_cache_size(ctx, 2));
    SHOW(SSL_CTX_add_session(ctx, a));
    SHOW(SSL_CTX_add_session(ctx, b));
    SHOW(SSL_CTX_add_session(ctx, c));
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(SSL_CTX_sess_cache_full(ctx));
    SHOW(removes);
    SHOW(SSL_CTX_remove_session(ctx, a));
    SHOW(SSL_CTX_remove_session(ctx, b));
    SHOW(SSL_CTX_add_session(ctx, b));
    show_table(ctx);
    SHOW(SSL_CTX_remove_session(ctx, b));
    show_table(ctx);
    SHOW(SSL_CTX_sess_set_cache_size(ctx, 0));
    SHOW(SSL_CTX_add_session(ctx, a));
    SHOW(SSL_CTX_add_session(ctx, b));
    show_table(ctx);
    SHOW(SSL_SESSION_set1_id(a, (const unsigned char *)"another", 7));
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(SSL_CTX_remove_session(ctx, c));
    SHOW(SSL_SESSION_set1_id(a, (const unsigned char *)"aaaaaaaaaaaaaaaa", 16));
    SHOW(SSL_CTX_remove_session(ctx, a));
    show_table(ctx);

    SECTION("flushing by time");
    SHOW(SSL_SESSION_set_time(b, 1000000));
    SHOW(SSL_SESSION_set_timeout(b, 100));
    removes = 0;
    SSL_CTX_flush_sessions(ctx, 1000050);
    SHOW(SSL_CTX_sess_number(ctx));
    SSL_CTX_flush_sessions(ctx, 1000101);
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(removes);
    SHOW(freed);
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    SSL_SESSION_free(c);
    SHOW(freed);
    SSL_CTX_free(ctx);
    SHOW(freed);
    SHOW(removes);
    SHOW_ERR();
}

static int give_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    CHECK(SSL_is_server(ssl) == 1);
    SHOW(*len);
    memset(id, 'i', *len);
    memcpy(id, "made by the program", 19);
    return 1;
}

static int give_no_id(SSL *ssl, unsigned char *id, unsigned int *len)
{
    (void)ssl, (void)id, (void)len;
    return 0;
}

static void session_ids(void)
{
    SSL_SESSION *session;
    const unsigned char *id;
    unsigned int len;
    SSL *client, *server;
    struct pair_result result;

    SECTION("session ids of the program");
    new_contexts(TLS1_2_VERSION, SSL_OP_NO_TICKET);
    SHOW(SSL_CTX_set_generate_session_id(server_ctx, give_id));
    session = once(NULL, "first");
    id = SSL_SESSION_get_id(session, &len);
    /* an id that the library chose is random */
    if (memcmp(id, "made by", 7) == 0)
        SHOW_HEX("id", id, len);
    server = SSL_new(server_ctx);
    SHOW(SSL_has_matching_session_id(server, id, len));
    SHOW(SSL_has_matching_session_id(server, id, len - 1));
    SHOW(SSL_has_matching_session_id(server, id, 33));
    SSL_free(server);
    /* the same id again: a conflict */
    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    pair_show("the same id again", &result);
    pair_free(client, server);
    SSL_SESSION_free(once(session, "resumption"));
    SSL_SESSION_free(session);
    SHOW(SSL_CTX_set_generate_session_id(server_ctx, NULL));
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set_generate_session_id(server, give_no_id));
    result = pair_handshake(client, server);
    pair_show("no id", &result);
    pair_free(client, server);
    free_contexts();
}

static void id_contexts(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    static const unsigned char long_id[40] = { 0 };

    SECTION("length of the session id context");
    SHOW(SSL_CTX_set_session_id_context(ctx, long_id, 32));
    SHOW(SSL_CTX_set_session_id_context(ctx, long_id, 33));
    SHOW_ERR();
    SHOW(SSL_CTX_set_session_id_context(ctx, NULL, 0));
    SHOW(SSL_set_session_id_context(ssl, long_id, 32));
    SHOW(SSL_set_session_id_context(ssl, long_id, 33));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* The number of tickets a TLS 1.3 server sends, seen by the client's new-session callback. */
static void ticket_numbers(void)
{
    SECTION("number of tickets");
    for (size_t count = 0; count < 4; count++) {
        new_contexts(TLS1_3_VERSION, 0);
        SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_new_cb(client_ctx, on_new_keep);
        CHECK(SSL_CTX_set_num_tickets(server_ctx, count) == 1);
        SSL_SESSION_free(once(NULL, NULL));
        printf("%d tickets asked for: %d sessions\n", (int)count, news);
        if (kept != NULL) {
            news = 0;
            SSL_SESSION *session = kept;

            kept = NULL;
            SSL_SESSION_free(once(session, "resumption"));
            printf("after resumption: %d sessions\n", news);
            SSL_SESSION_free(session);
            SSL_SESSION_free(kept);
            kept = NULL;
        }
        free_contexts();
    }
    SECTION("tickets on request");
    {
        SSL *client, *server;

        new_contexts(TLS1_3_VERSION, 0);
        SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_new_cb(client_ctx, on_new);
        pair_new(&client, &server, client_ctx, server_ctx);
        SHOW(SSL_new_session_ticket(server));
        SHOW(SSL_new_session_ticket(client));
        SSL_set_num_tickets(server, 0);
        pair_connect(client, server);
        SHOW(SSL_new_session_ticket(client));
        SHOW(SSL_new_session_ticket(server));
        CHECK(pair_transfer(server, client, "hello", 5));
        SHOW(news);
        SHOW_ERR();
        pair_free(client, server);
        free_contexts();
    }
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    freed_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, on_free);
    counters("counters: TLS 1.2 by session id", TLS1_2_VERSION, SSL_OP_NO_TICKET);
    counters("counters: TLS 1.2 by ticket", TLS1_2_VERSION, 0);
    counters("counters: TLS 1.3 by ticket", TLS1_3_VERSION, 0);
    counters("counters: TLS 1.3, stateful", TLS1_3_VERSION, SSL_OP_NO_TICKET);
    server_callbacks("a server's callbacks: TLS 1.2 by session id", TLS1_2_VERSION, SSL_OP_NO_TICKET);
    server_callbacks("a server's callbacks: TLS 1.2 by ticket", TLS1_2_VERSION, 0);
    server_callbacks("a server's callbacks: TLS 1.3 by ticket", TLS1_3_VERSION, 0);
    server_callbacks("a server's callbacks: TLS 1.3, stateful", TLS1_3_VERSION, SSL_OP_NO_TICKET);
    external_cache(SSL_SESS_CACHE_SERVER);
    external_cache(SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    shared_object();
    modes();
    client_cache(TLS1_2_VERSION);
    client_cache(TLS1_3_VERSION);
    by_hand();
    session_ids();
    id_contexts();
    ticket_numbers();
    return 0;
}
