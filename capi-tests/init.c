/*
 * OPENSSL_init_ssl(3) and what surrounds it: use before any call of it, repeated, from many threads at once, in a child after fork,
 * in exit handlers, and refused after OPENSSL_cleanup.
 */
#include "peer.h"

#include <pthread.h>

/* A connection from scratch: contexts, handshake, data. 1 if all of it worked. */
static int whole_connection(const char *certificate)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx(certificate);
    SSL *client, *server;
    struct pair_result result;
    int ok;

    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    ok = result.ok && pair_transfer(client, server, "there", 5) && pair_transfer(server, client, "back", 4);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    return ok;
}

static SSL_CTX *shared_client_ctx, *shared_server_ctx;

/* Threads that make connections on two shared contexts, each with its own error queue. */
static void *in_thread(void *arg)
{
    long done = 0;

    for (int i = 0; i < 5; i++) {
        SSL *client, *server;
        struct pair_result result;

        pair_new(&client, &server, shared_client_ctx, shared_server_ctx);
        result = pair_handshake(client, server);
        if (result.ok && pair_transfer(client, server, "there", 5))
            done++;
        /* an error of this thread stays this thread's */
        if (SSL_set_cipher_list(client, "nonsense") == 0 && ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_CIPHER_MATCH)
            done++;
        pair_free(client, server);
    }
    *(long *)arg = done;
    return NULL;
}

static void *first_use(void *arg)
{
    *(long *)arg = OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    return NULL;
}

static void threads(void *(*run)(void *), long results[8])
{
    pthread_t ids[8];

    for (int i = 0; i < 8; i++)
        if (pthread_create(&ids[i], NULL, run, &results[i]) != 0)
            check_give_up("pthread_create");
    for (int i = 0; i < 8; i++)
        pthread_join(ids[i], NULL);
}

/* What the child of a fork does with contexts made before it, as servers with worker processes do. */
static void after_fork(void)
{
    int status = 0;
    pid_t pid;

    SECTION("after fork");
    fflush(stdout);
    pid = fork();
    if (pid < 0)
        check_give_up("fork");
    if (pid == 0) {
        long done = 0;

        in_thread(&done);
        _exit(done == 10 && whole_connection("rsa") ? 0 : 1);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    SHOW(WIFEXITED(status));
    SHOW(WEXITSTATUS(status));
    CHECK(whole_connection("ecdsa"));
}

/* Randomness of two children must differ: the client randoms that they would send. */
static void child_randomness(void)
{
    unsigned char randoms[2][SSL3_RANDOM_SIZE];

    SECTION("two children do not repeat each other's random numbers");
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        int ends[2];
        pid_t pid;

        if (pipe(ends) != 0 || (pid = fork()) < 0)
            check_give_up("fork");
        if (pid == 0) {
            SSL *client, *server;

            pair_new(&client, &server, shared_client_ctx, shared_server_ctx);
            pair_connect(client, server);
            SSL_get_client_random(client, randoms[i], sizeof randoms[i]);
            _exit(write(ends[1], randoms[i], sizeof randoms[i]) == sizeof randoms[i] ? 0 : 1);
        }
        CHECK(read(ends[0], randoms[i], sizeof randoms[i]) == sizeof randoms[i]);
        close(ends[0]);
        close(ends[1]);
        waitpid(pid, NULL, 0);
    }
    CHECK(memcmp(randoms[0], randoms[1], sizeof randoms[0]) != 0);
}

static void again(void)
{
    SECTION("initialising again and again");
    SHOW(OPENSSL_init_ssl(0, NULL));
    SHOW(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL));
    SHOW(OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_SSL_STRINGS, NULL));
    SHOW(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_ADD_ALL_CIPHERS
                              | OPENSSL_INIT_ADD_ALL_DIGESTS | OPENSSL_INIT_LOAD_CONFIG, NULL));
    SHOW(SSL_library_init());
    SHOW(OpenSSL_add_ssl_algorithms());
    SSL_load_error_strings();
    SHOW(ERR_load_SSL_strings());
    SHOW_STR(ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_NO_SHARED_CIPHER)));
    SHOW_STR(ERR_lib_error_string(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_NO_SHARED_CIPHER)));
    SHOW_STR(ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, 2000)));
    {
        OPENSSL_INIT_SETTINGS *settings = OPENSSL_INIT_new();

        SHOW(OPENSSL_init_ssl(0, settings));
        OPENSSL_INIT_free(settings);
    }
    SHOW_ERR();
}

/* Registered before the library was first used, so it runs after libcrypto's own handler. */
static void very_late(void)
{
    printf("exit handler\n");
    SHOW(OPENSSL_init_ssl(0, NULL));
    SHOW_PTR(SSL_CTX_new(TLS_method()));
}

int main(void)
{
    long results[8];

    atexit(very_late);
    SECTION("first use in eight threads at once");
    threads(first_use, results);
    for (int i = 0; i < 8; i++)
        SHOW(results[i]);
    again();
    shared_client_ctx = new_client_ctx();
    shared_server_ctx = new_server_ctx("ecdsa");
    SECTION("connections in eight threads");
    threads(in_thread, results);
    for (int i = 0; i < 8; i++)
        SHOW(results[i]);
    SHOW_ERR();
    after_fork();
    child_randomness();
    SSL_CTX_free(shared_client_ctx);
    SSL_CTX_free(shared_server_ctx);
    return 0;
}
