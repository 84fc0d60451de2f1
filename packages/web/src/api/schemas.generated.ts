// Made from docs/openapi.json by `npm run openapi -- --write`; not to be edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Adapter: {
            baseModel: string;
            bytes: number;
            /** @description Commit of the codebase it was trained on. */
            commit: string | null;
            createdAt: string | null;
            /** @description Why it cannot be used, in one sentence. */
            problem: string | null;
            promoted: boolean;
            runId: string | null;
            scorecard: components["schemas"]["Scorecard"] | null;
            version: number;
        };
        AdapterList: {
            adapters: components["schemas"]["Adapter"][];
        };
        AnswerEnd: {
            adapter: components["schemas"]["AnsweringAdapter"];
            completionTokens: number;
            /** @description The one it was stored in. */
            conversation: string | null;
            /** @description null without retrieval. */
            index: components["schemas"]["IndexFreshness"] | null;
            promptTokens: number;
            /**
             * @description length: cut off at maxTokens.
             * @enum {string}
             */
            reason: "stop" | "length";
            /** @description The code in the prompt, best first. */
            sources: components["schemas"]["Source"][];
            /** @description Of the writing alone; null where there is nothing to measure. */
            tokensPerSecond: number | null;
        };
        AnswerEvent: {
            data: {
                text: string;
            };
            /** @enum {string} */
            event: "text";
        } | {
            data: components["schemas"]["AnswerEnd"];
            /** @enum {string} */
            event: "end";
        } | {
            data: components["schemas"]["Error"];
            /** @enum {string} */
            event: "error";
        };
        AnsweringAdapter: {
            reason: string;
            /** @description How much of its own effect the adapter had; null for the base model. */
            strength: number | null;
            /** @description null = the base model */
            version: number | null;
        };
        AnswerOrigin: {
            adapter: components["schemas"]["AnsweringAdapter"];
            index: components["schemas"]["IndexFreshness"] | null;
            sources: components["schemas"]["Source"][];
        };
        ChatCompletion: {
            choices: {
                /** @enum {string} */
                finish_reason: "stop" | "length";
                index: number;
                logprobs: null;
                message: {
                    content: string;
                    refusal: null;
                    /** @enum {string} */
                    role: "assistant";
                };
            }[];
            created: number;
            gardener: components["schemas"]["AnswerOrigin"];
            id: string;
            model: string;
            /** @enum {string} */
            object: "chat.completion";
            usage: components["schemas"]["Usage"];
        };
        ChatCompletionChunk: {
            /** @description Empty in the one with `usage`. */
            choices: {
                delta: {
                    content?: string;
                    refusal?: null;
                    /** @enum {string} */
                    role?: "assistant";
                };
                /** @enum {string|null} */
                finish_reason: "stop" | "length" | null;
                index: number;
                logprobs: null;
            }[];
            created: number;
            gardener?: components["schemas"]["AnswerOrigin"];
            id: string;
            model: string;
            /** @enum {string} */
            object: "chat.completion.chunk";
            usage?: components["schemas"]["Usage"];
        };
        ChatCompletionRequest: {
            /** @enum {string|null} */
            function_call?: "none" | "auto" | null;
            /** @description Retrieval is on for projects, unless it is turned off here or by the header x-gardener-retrieval: false. */
            gardener?: {
                /** @enum {string} */
                adapter?: "promoted" | "base";
                retrieval?: boolean;
                /** @description Of the adapter: 0 (the base answers) to 1.5, 1 as it was trained. Defaults to the setting adapterStrength, which by default takes what the adapter's training chose. */
                strength?: number;
            } | null;
            logit_bias?: {
                [key: string]: number;
            } | null;
            /** @enum {boolean|null} */
            logprobs?: false | null;
            max_completion_tokens?: number | null;
            max_tokens?: number | null;
            messages: {
                content?: string | {
                    text: string;
                    /** @enum {string} */
                    type: "text";
                }[] | null;
                /** @enum {string} */
                role: "system" | "developer" | "user" | "assistant" | "tool" | "function";
            }[];
            model: string;
            /** @enum {number|null} */
            n?: 1 | null;
            response_format?: {
                /** @enum {string} */
                type: "text";
            } | null;
            seed?: number | null;
            stop?: string | string[] | null;
            stream?: boolean | null;
            stream_options?: {
                include_usage?: boolean | null;
            } | null;
            temperature?: number | null;
            /** @enum {string|null} */
            tool_choice?: "none" | "auto" | null;
            /** @enum {number|null} */
            top_logprobs?: 0 | null;
        };
        CodePlace: {
            endLine: number;
            kind: string;
            path: string;
            startLine: number;
            symbol: string | null;
        };
        ComparedBase: {
            bytes: number;
            figures: {
                adapter: {
                    bitsPerByte: number;
                    /** @default null */
                    gapsExact?: number | null;
                    nextLineExact: number | null;
                    version: number;
                } | null;
                answeringMemoryBytes: number;
                answeringTokensPerSecond: number | null;
                bitsPerByte: number;
                /** @default null */
                gapsExact?: number | null;
                nextLineExact: number | null;
                passMs: number;
                scoringTokensPerSecond: number;
                trainingMemoryBytes: number;
                /** @enum {string} */
                trainingSpeedFrom: "steps" | "scoring";
                trainingTokensPerSecond: number;
            } | null;
            id: string;
            problem: string | null;
        };
        Comparison: {
            bases: components["schemas"]["ComparedBase"][];
            bytes: number;
            files: number;
            gaps: number;
            /** @enum {string} */
            heldOutFrom: "training" | "split";
            lines: number;
            madeAt: string;
            /** @enum {number} */
            schemaVersion: 1;
            texts: number;
            trainingBytes: number;
        };
        CompletedCode: {
            adapter: components["schemas"]["AnsweringAdapter"];
            confidence: number | null;
            /** @enum {string|null} */
            silence: "unsure" | "nothing-new" | "newer-request" | null;
            text: string;
        };
        Completion: {
            choices: {
                /** @enum {string} */
                finish_reason: "stop" | "length";
                index: number;
                logprobs: null;
                text: string;
            }[];
            created: number;
            gardener: {
                adapter: components["schemas"]["AnsweringAdapter"];
            };
            id: string;
            model: string;
            /** @enum {string} */
            object: "text_completion";
            usage: components["schemas"]["Usage"];
        };
        CompletionChunk: {
            /** @description Empty in the one with `usage`. */
            choices: {
                /** @enum {string|null} */
                finish_reason: "stop" | "length" | null;
                index: number;
                logprobs: null;
                text: string;
            }[];
            created: number;
            gardener?: {
                adapter: components["schemas"]["AnsweringAdapter"];
            };
            id: string;
            model: string;
            /** @enum {string} */
            object: "text_completion";
            usage?: components["schemas"]["Usage"];
        };
        CompletionRequest: {
            /** @enum {boolean|null} */
            echo?: false | null;
            gardener?: {
                /** @enum {string} */
                adapter?: "promoted" | "base";
                /** @description Instead of the setting suggestionConfidence; 0 suggests whatever the model writes. */
                minConfidence?: number;
                /** @description Whether related code of the project is shown to the model. Defaults to what the project's validation files have told, see `completions` of its status; it is shown where nothing was measured. */
                retrieval?: boolean;
                /** @description Of the adapter: 0 (the base answers) to 1.5, 1 as it was trained. Defaults to the setting adapterStrength, which by default takes what the adapter's training chose. */
                strength?: number;
                /** @description After this long what is written by then is the answer. */
                timeLimitMs?: number;
            } | null;
            logit_bias?: {
                [key: string]: number;
            } | null;
            /** @enum {boolean|null} */
            logprobs?: false | null;
            max_tokens?: number | null;
            model: string;
            /** @enum {number|null} */
            n?: 1 | null;
            prompt: string | string[];
            seed?: number | null;
            stop?: string | string[] | null;
            stream?: boolean | null;
            stream_options?: {
                include_usage?: boolean | null;
            } | null;
            /** @description What follows the gap: fill-in-the-middle, for base models that have the tokens. A prompt that is such a model's markup as a whole is read as one with a suffix. */
            suffix?: string | null;
            temperature?: number | null;
        };
        Conversation: {
            exchanges: components["schemas"]["Exchange"][];
            id: string;
            title: string;
        };
        ConversationList: {
            conversations: components["schemas"]["ConversationSummary"][];
        };
        ConversationSummary: {
            exchanges: number;
            id: string;
            title: string;
            usedAt: string;
        };
        DeclaredSymbol: components["schemas"]["CodePlace"] & {
            signature: string;
            symbol?: string;
            usedBy: components["schemas"]["CodePlace"][];
            uses: components["schemas"]["CodePlace"][];
        };
        DiskUse: {
            /** @description The setting maxDiskMegabytes; null is no limit. */
            capBytes: number | null;
            parts: {
                bytes: number;
                name: string;
            }[];
            projects: {
                bytes: number;
                projectId: string;
            }[];
            totalBytes: number;
        };
        DoctorCheck: {
            detail: string;
            name: string;
            remedy: string | null;
            /** @enum {string} */
            state: "ok" | "warn" | "fail";
        };
        DoctorReport: {
            checks: components["schemas"]["DoctorCheck"][];
        };
        EmbeddingRequest: {
            dimensions?: number | null;
            /** @enum {string|null} */
            encoding_format?: "float" | "base64" | null;
            /** @description Some models want to know what is a question; the default is document. */
            gardener?: {
                /** @enum {string} */
                kind?: "query" | "document";
            } | null;
            input: string | string[];
            model: string;
        };
        Embeddings: {
            data: {
                embedding: number[] | string;
                index: number;
                /** @enum {string} */
                object: "embedding";
            }[];
            model: string;
            /** @enum {string} */
            object: "list";
            usage: {
                prompt_tokens: number;
                total_tokens: number;
            };
        };
        Error: {
            error: {
                code: string;
                details?: {
                    [key: string]: unknown;
                };
                message: string;
                remedy: string;
            };
        };
        Exchange: {
            adapter: number | null;
            answer: string;
            /** @enum {string} */
            end: "stop" | "length" | "cancelled";
            question: string;
            replaces?: string;
            /** @enum {number} */
            schemaVersion: 1;
            sources: {
                endLine: number;
                path: string;
                score: number;
                startLine: number;
                symbol: string | null;
            }[];
            time: string;
        };
        FileList: {
            files: components["schemas"]["SeenFile"][];
            total: number;
        };
        FimCompletion: {
            choices: {
                /** @enum {string} */
                finish_reason: "stop" | "length";
                index: number;
                message: {
                    content: string;
                    /** @enum {string} */
                    role: "assistant";
                };
            }[];
            created: number;
            gardener: {
                adapter: components["schemas"]["AnsweringAdapter"];
                sources: components["schemas"]["Source"][];
            };
            id: string;
            model: string;
            /** @enum {string} */
            object: "chat.completion";
            usage: components["schemas"]["Usage"];
        };
        FimCompletionChunk: {
            choices: {
                delta: {
                    content: string;
                    /** @enum {string} */
                    role?: "assistant";
                };
                /** @enum {string|null} */
                finish_reason: "stop" | "length" | null;
                index: number;
            }[];
            created: number;
            gardener?: {
                adapter: components["schemas"]["AnsweringAdapter"];
                sources: components["schemas"]["Source"][];
            };
            id: string;
            model: string;
            /** @enum {string} */
            object: "chat.completion.chunk";
            usage?: components["schemas"]["Usage"];
        };
        FimCompletionRequest: {
            gardener?: {
                /** @enum {string} */
                adapter?: "promoted" | "base";
                /** @description Instead of the setting suggestionConfidence; 0 suggests whatever the model writes. */
                minConfidence?: number;
                /** @description Whether related code of the project is shown to the model. Defaults to what the project's validation files have told, see `completions` of its status; it is shown where nothing was measured. */
                retrieval?: boolean;
                /** @description Of the adapter: 0 (the base answers) to 1.5, 1 as it was trained. Defaults to the setting adapterStrength, which by default takes what the adapter's training chose. */
                strength?: number;
                /** @description After this long what is written by then is the answer. */
                timeLimitMs?: number;
            } | null;
            logit_bias?: {
                [key: string]: number;
            } | null;
            /** @enum {boolean|null} */
            logprobs?: false | null;
            max_tokens?: number | null;
            model: string;
            /** @enum {number|null} */
            n?: 1 | null;
            prompt: string;
            random_seed?: number | null;
            seed?: number | null;
            stop?: string | string[] | null;
            stream?: boolean | null;
            stream_options?: {
                include_usage?: boolean | null;
            } | null;
            suffix?: string | null;
            temperature?: number | null;
        };
        Fleet: {
            /** @description Projects whose record cannot be read. */
            damaged: {
                id: string;
                message: string;
                remedy: string;
            }[];
            projects: components["schemas"]["FleetProject"][];
            totals: components["schemas"]["FleetTotals"];
        };
        FleetProject: {
            adapter: {
                promoted: boolean;
                version: number | null;
            };
            /** @description Of held-out code, without retrieval. */
            bitsPerByte: {
                adapter: number;
                base: number;
            } | null;
            index: {
                chunks: number;
                files: number;
                /** @enum {string} */
                state: "none" | "building" | "ready" | "damaged";
            };
            project: {
                baseModel: string;
                id: string;
                /** @description There is no folder at `path` any more, or not now. */
                isAway: boolean;
                name: string;
                path: string;
            };
            /** @description The newest run; where that is a refresh of the index that went well, the last training, if there is one. */
            run: components["schemas"]["FleetRun"] | null;
            /** @enum {string|null} */
            verdict: "promoted" | "refused" | "unmeasured" | null;
        };
        FleetRun: {
            etaMs: number | null;
            /** @description Why earlier tries and the last one failed, oldest first; at most ten. */
            failures: {
                code: string;
                message: string;
                remedy: string;
                time: string;
            }[];
            finished: boolean;
            id: string;
            /** @enum {string} */
            kind: "index" | "train";
            /** @description How far its stage is, 0 to 1. */
            progress: number | null;
            reason: string | null;
            /** @enum {string} */
            status: "not_started" | "queued" | "preparing" | "training" | "paused" | "evaluating" | "completed" | "failed" | "cancelled";
            step: number | null;
            steps: number | null;
            updatedAt: string | null;
        };
        FleetTotals: {
            chunks: number;
            failed: number;
            files: number;
            /** @description Mean fall of the bits per byte of held-out code, as a share of the base's. */
            improvement: number | null;
            indexed: number;
            paused: number;
            projects: number;
            promoted: number;
            refused: number;
            waiting: number;
            working: number;
        };
        Folder: {
            isGit: boolean;
            name: string;
            path: string;
            projectId: string | null;
        };
        FolderList: {
            folders: components["schemas"]["Folder"][];
            home: string;
            parent: string | null;
            path: string;
        };
        FoundLine: {
            /** @description 1-based, in UTF-16 code units. */
            column: number;
            endColumn: number;
            language: string;
            line: number;
            path: string;
            symbol: string | null;
            text: string;
        };
        /** @enum {string} */
        Glance: "none" | "indexing" | "queued" | "training" | "paused" | "evaluating" | "ready" | "base-only" | "error";
        Happening: {
            data: components["schemas"]["RunHappening"];
            /** @enum {string} */
            event: "run";
        } | {
            data: components["schemas"]["ProjectHappening"];
            /** @enum {string} */
            event: "project";
        } | {
            data: components["schemas"]["ModelHappening"];
            /** @enum {string} */
            event: "model";
        } | {
            data: Record<string, never>;
            /** @enum {string} */
            event: "settings";
        } | {
            data: Record<string, never>;
            /** @enum {string} */
            event: "reset";
        } | {
            data: Record<string, never>;
            /** @enum {string} */
            event: "shutdown";
        };
        Health: {
            components: {
                disk: components["schemas"]["HealthComponent"];
                embedder: components["schemas"]["HealthComponent"];
                index: components["schemas"]["HealthComponent"];
                memory: components["schemas"]["HealthComponent"];
                runtime: components["schemas"]["HealthComponent"];
            };
            startedAt: string;
            /** @enum {string} */
            status: "ok" | "degraded";
            version: string;
        };
        HealthComponent: {
            message: string;
            remedy: string | null;
            /** @enum {string} */
            state: "ok" | "warn" | "fail" | "idle";
        };
        IndexFreshness: {
            changedSince: number | null;
            commit: string | null;
            complete: boolean;
            indexedAt: string;
        };
        InfillAnswer: {
            content: string;
            gardener: {
                adapter: components["schemas"]["AnsweringAdapter"];
                /** @description How likely the model held each token of the first line, as a mean. */
                confidence: number | null;
                fillInTheMiddle: boolean;
                project: string;
                /**
                 * @description Why nothing is suggested, where the model has written something.
                 * @enum {string|null}
                 */
                silence: "unsure" | "nothing-new" | "newer-request" | null;
                sources: components["schemas"]["Source"][];
            };
            has_new_line: boolean;
            /** @enum {number} */
            index: 0;
            model: string;
            /** @enum {boolean} */
            stop: true;
            /** @enum {string} */
            stop_type: "eos" | "limit" | "none";
            timings: {
                cache_n: number;
                predicted_ms: number;
                predicted_n: number;
                predicted_per_second: number;
                predicted_per_token_ms: number;
                prompt_ms: number;
                prompt_n: number;
                prompt_per_second: number;
                prompt_per_token_ms: number;
            };
            tokens: number[];
            tokens_cached: number;
            tokens_evaluated: number;
            tokens_predicted: number;
            truncated: boolean;
        };
        InfillPiece: {
            content: string;
            /** @enum {number} */
            index: 0;
            /** @enum {boolean} */
            stop: false;
            tokens: number[];
        };
        InfillRequest: {
            /** @description Gardener's own: the file that is edited, by its absolute path or its path in the project. */
            filename?: string | null;
            gardener?: {
                /** @enum {string} */
                adapter?: "promoted" | "base";
                /** @description Instead of the setting suggestionConfidence; 0 suggests whatever the model writes. */
                minConfidence?: number;
                /** @description Whether related code of the project is shown to the model. Defaults to what the project's validation files have told, see `completions` of its status; it is shown where nothing was measured. */
                retrieval?: boolean;
                /** @description Of the adapter: 0 (the base answers) to 1.5, 1 as it was trained. Defaults to the setting adapterStrength, which by default takes what the adapter's training chose. */
                strength?: number;
                /** @description After this long what is written by then is the answer. */
                timeLimitMs?: number;
            } | null;
            /** @description Other code, the most important last. */
            input_extra?: {
                filename?: string | null;
                text: string;
            }[] | null;
            /** @description Whole lines before the cursor. */
            input_prefix?: string | null;
            /** @description From the cursor on. */
            input_suffix?: string | null;
            n_indent?: number | null;
            /** @description Most tokens; 0 only makes the model ready and is answered at once. */
            n_predict?: number | null;
            /** @description The line up to the cursor. */
            prompt?: string | null;
            /** @description Only these fields, such as `content` or `timings/prompt_n`, which is then a field of that name. */
            response_fields?: string[] | null;
            seed?: number | null;
            stop?: string[] | null;
            stream?: boolean | null;
            /** @description After this long a line that is begun is the last one. */
            t_max_predict_ms?: number | null;
            t_max_prompt_ms?: number | null;
            temperature?: number | null;
        };
        LastComparison: {
            comparison: components["schemas"]["Comparison"] | null;
        };
        LineQuery: {
            /** @default false */
            ignoreCase?: boolean;
            /** @default 100 */
            k?: number;
            kinds?: ("function" | "method" | "class" | "interface" | "type" | "enum" | "module" | "block")[];
            languages?: string[];
            pathGlob?: string;
            /** @description Text, or a regular expression of RE2. */
            pattern: string;
            /** @default false */
            regex?: boolean;
            /** @default false */
            wholeWord?: boolean;
        };
        LineSearchAnswer: {
            files: number;
            isCut: boolean;
            lines: components["schemas"]["FoundLine"][];
        };
        Model: {
            bytes: number | null;
            description: string;
            id: string;
            /** @enum {string} */
            kind: "base" | "embedding";
            licence: string | null;
            name: string;
            /** @description false for files that are used where they lie. */
            removable: boolean;
            /** @enum {string} */
            state: "ready" | "missing" | "downloading" | "damaged";
            trainable: boolean | null;
        };
        ModelHappening: {
            doneBytes: number;
            /** @description With `failed`. */
            error?: {
                code: string;
                details?: {
                    [key: string]: unknown;
                };
                message: string;
                remedy: string;
            };
            model: string;
            /** @enum {string} */
            state: "downloading" | "ready" | "failed" | "cancelled";
            totalBytes: number | null;
        };
        ModelList: {
            models: components["schemas"]["Model"][];
        };
        NewConversation: {
            id: string;
        };
        NewProject: {
            baseModel?: string;
            budgetMs?: number;
            name?: string;
            /** @description Folder of the codebase, absolute. */
            path: string;
            /** @default true */
            train?: boolean;
        };
        OllamaChatAnswer: {
            created_at: string;
            done: boolean;
            /** @enum {string} */
            done_reason?: "stop" | "length" | "load";
            eval_count?: number;
            eval_duration?: number;
            load_duration?: number;
            message: {
                content: string;
                /** @enum {string} */
                role: "assistant";
            };
            model: string;
            prompt_eval_count?: number;
            prompt_eval_duration?: number;
            /** @description Nanoseconds, as all of these. */
            total_duration?: number;
        };
        OllamaChatRequest: {
            messages?: {
                content: string;
                /** @enum {string} */
                role: "system" | "user" | "assistant" | "tool";
            }[] | null;
            model: string;
            options?: {
                num_predict?: number | null;
                seed?: number | null;
                stop?: string | string[] | null;
                temperature?: number | null;
            } | null;
            stream?: boolean | null;
        };
        OllamaError: {
            error: string;
        };
        OllamaGenerateAnswer: {
            created_at: string;
            done: boolean;
            /** @enum {string} */
            done_reason?: "stop" | "length" | "load";
            eval_count?: number;
            eval_duration?: number;
            load_duration?: number;
            model: string;
            prompt_eval_count?: number;
            prompt_eval_duration?: number;
            response: string;
            /** @description Nanoseconds, as all of these. */
            total_duration?: number;
        };
        OllamaGenerateRequest: {
            model: string;
            options?: {
                num_predict?: number | null;
                seed?: number | null;
                stop?: string | string[] | null;
                temperature?: number | null;
            } | null;
            prompt?: string | null;
            raw?: boolean | null;
            stream?: boolean | null;
            suffix?: string | null;
            system?: string | null;
        };
        OllamaShow: {
            capabilities: string[];
            details: {
                families: string[];
                family: string;
                format: string;
                parameter_size: string;
                parent_model: string;
                quantization_level: string;
            };
            model_info: {
                [key: string]: unknown;
            };
            modelfile: string;
            parameters: string;
            template: string;
        };
        OllamaShowRequest: {
            model?: string | null;
            name?: string | null;
        };
        OllamaTags: {
            models: {
                details: {
                    families: string[];
                    family: string;
                    format: string;
                    parameter_size: string;
                    parent_model: string;
                    quantization_level: string;
                };
                digest: string;
                model: string;
                modified_at: string;
                name: string;
                size: number;
            }[];
        };
        OpenAiError: {
            error: {
                code: string;
                message: string;
                param: string | null;
                type: string;
            };
        };
        OpenAiModel: {
            created: number;
            id: string;
            /** @enum {string} */
            object: "model";
            owned_by: string;
        };
        Project: components["schemas"]["Status"] & {
            active: boolean;
            createdAt: string;
            etaMs: number | null;
            glance: components["schemas"]["Glance"];
            /** @description 0 to 1 of what `glance` names. */
            progress: number | null;
            /** @description The run under way or the last one; null before the first. */
            run: {
                done: number | null;
                finished: boolean;
                id: string;
                /** @enum {string} */
                kind: "index" | "train";
                label: string | null;
                stage: string | null;
                startedAt: string | null;
                /** @enum {string} */
                status: "not_started" | "queued" | "preparing" | "training" | "paused" | "evaluating" | "completed" | "failed" | "cancelled";
                total: number | null;
                updatedAt: string | null;
            } | null;
            /** @description Whether this server follows the edits of the project. */
            watching: boolean;
        };
        ProjectHappening: {
            /** @enum {string} */
            change: "added" | "removed" | "updated" | "promoted" | "active" | "index";
            projectId: string;
        };
        ProjectList: {
            /** @description Projects whose record cannot be read. */
            damaged: {
                id: string;
                message: string;
                remedy: string;
            }[];
            projects: components["schemas"]["Project"][];
        };
        ProjectMap: {
            text: string;
        };
        Question: {
            /**
             * @default promoted
             * @enum {string}
             */
            adapter?: "promoted" | "base";
            maxTokens?: number;
            question: string;
            /**
             * @description Write the last answer anew.
             * @default false
             */
            replaceLast?: boolean;
            /** @default true */
            retrieval?: boolean;
            seed?: number;
            /**
             * @description false leaves no exchange, for a comparison.
             * @default true
             */
            store?: boolean;
            /** @description Of the adapter: 0 (the base answers) to 1.5, 1 as it was trained. Defaults to the setting adapterStrength, which by default takes what the adapter's training chose. */
            strength?: number;
            temperature?: number;
        };
        Refreshed: {
            run: components["schemas"]["Run"];
        };
        RelatedCode: {
            at: components["schemas"]["CodePlace"];
            importedBy: string[];
            imports: string[];
            similar: components["schemas"]["SimilarPlace"][];
            usedBy: components["schemas"]["CodePlace"][];
            uses: components["schemas"]["CodePlace"][];
        };
        Run: {
            adapterVersion: number | null;
            budgetMs: number | null;
            createdAt: string;
            error: components["schemas"]["RunError"] | null;
            etaMs: number | null;
            finished: boolean;
            id: string;
            /** @enum {string} */
            kind: "index" | "train";
            loss: number | null;
            peakMemoryBytes: number | null;
            promoted: boolean;
            reason: string | null;
            /** @enum {string} */
            status: "not_started" | "queued" | "preparing" | "training" | "paused" | "evaluating" | "completed" | "failed" | "cancelled";
            step: number;
            steps: number | null;
            tokensPerSecond: number | null;
            updatedAt: string | null;
            validationLoss: number | null;
        };
        RunError: {
            code: string;
            message: string;
            remedy: string;
        };
        RunEvent: {
            reason?: string;
            time: string;
            /** @enum {string} */
            type: "run-queue";
        } | {
            pid: number;
            processStart: string;
            time: string;
            /** @enum {string} */
            type: "run-start";
        } | {
            /** @enum {string} */
            stage: "preparing" | "training" | "evaluating";
            time: string;
            /** @enum {string} */
            type: "stage-start";
        } | {
            done: number;
            label: string | null;
            stage: string;
            time: string;
            total: number | null;
            /** @enum {string} */
            type: "progress";
        } | {
            message: string;
            time: string;
            /** @enum {string} */
            type: "log";
        } | {
            steps: number;
            time: string;
            tokensPerSecond: number | null;
            /** @enum {string} */
            type: "plan";
        } | {
            etaMs: number | null;
            learningRate: number | null;
            loss: number | null;
            peakMemoryBytes: number | null;
            step: number;
            steps: number;
            time: string;
            tokensPerSecond: number | null;
            /** @enum {string} */
            type: "step-end";
        } | {
            best: boolean;
            loss: number | null;
            step: number;
            time: string;
            /** @enum {string} */
            type: "validation-end";
        } | {
            step: number;
            time: string;
            /** @enum {string} */
            type: "checkpoint-save";
        } | {
            reason: string;
            time: string;
            /** @enum {string} */
            type: "wait";
        } | {
            time: string;
            /** @enum {string} */
            type: "go-on";
        } | {
            scorecard: components["schemas"]["Scorecard"] | null;
            time: string;
            /** @enum {string} */
            type: "evaluation-end";
        } | {
            time: string;
            /** @enum {string} */
            type: "run-pause";
        } | {
            reason?: string;
            time: string;
            /** @enum {string} */
            type: "run-resume";
        } | {
            reason: string;
            time: string;
            /** @enum {string} */
            type: "run-interrupt";
        } | {
            time: string;
            /** @enum {string} */
            type: "run-cancel";
        } | {
            details?: {
                [key: string]: unknown;
            };
            error: {
                code: string;
                message: string;
                remedy: string;
            };
            time: string;
            /** @enum {string} */
            type: "run-fail";
        } | {
            adapterVersion: number | null;
            promoted: boolean;
            reason: string | null;
            time: string;
            /** @enum {string} */
            type: "run-complete";
        } | {
            reason: string;
            time: string;
            /** @enum {string} */
            type: "run-not-started";
        };
        RunEventPage: {
            events: components["schemas"]["RunEvent"][];
            next: number;
        };
        RunHappening: {
            event: components["schemas"]["RunEvent"];
            projectId: string;
            runId: string;
        };
        RunList: {
            runs: components["schemas"]["Run"][];
        };
        Scorecard: {
            /** @default null */
            acrossBases?: {
                current: {
                    adapter: number | null;
                    base: string;
                    bitsPerByte: number;
                };
                next: {
                    adapter: number | null;
                    base: string;
                    bitsPerByte: number;
                };
                texts: number;
                untouched: {
                    adapter: number | null;
                    base: string;
                    bitsPerByte: number;
                };
            } | null;
            adapter: {
                noRetrieval: {
                    bitsPerByte: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    editSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    exactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimEditSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimExactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    heldOutLoss: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                };
                retrieval: {
                    bitsPerByte: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    editSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    exactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimEditSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimExactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    heldOutLoss: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                };
            };
            adapterVersion: number;
            base: {
                noRetrieval: {
                    bitsPerByte: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    editSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    exactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimEditSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimExactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    heldOutLoss: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                };
                retrieval: {
                    bitsPerByte: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    editSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    exactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimEditSimilarity: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    fimExactMatch: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                    heldOutLoss: {
                        high: number | null;
                        low: number | null;
                        n: number;
                        value: number;
                    } | null;
                };
            };
            dataHash: string;
            evaluatedAt: string;
            files: number;
            generalLoss: {
                adapter: number;
                base: number;
            } | null;
            improvement: {
                high: number | null;
                low: number | null;
                n: number;
                value: number;
            } | null;
            leaked: number | null;
            margin: number;
            memorised: {
                adapter: number;
                base: number;
                n: number;
            } | null;
            parity: {
                adapterAgreement: number;
                adapterLossDifference: number;
                baseAgreement: number;
                n: number;
            } | null;
            predecessor: {
                heldOutLoss: number;
                version: number;
            } | null;
            promoted: boolean;
            reason: string;
            retrievalChoice: {
                adapter: boolean;
                base: boolean;
                losses: {
                    adapter: {
                        alone: number;
                        retrieved: number;
                    };
                    base: {
                        alone: number;
                        retrieved: number;
                    };
                } | null;
                places: number;
                reason: string;
            } | null;
            /** @enum {number} */
            schemaVersion: 1;
            seed: number;
            stopping: {
                adapter: number;
                base: number;
                n: number;
            } | null;
            strength: number;
            strengthChoice: {
                losses: {
                    loss: number;
                    strength: number;
                }[];
                reason: string;
            } | null;
            strings: {
                adapter: number;
                base: number;
                n: number;
            } | null;
            twoByTwo: {
                arms: {
                    adapterAlone: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        medianMs: number;
                        similarity: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        valid: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                    adapterRetrieved: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        medianMs: number;
                        similarity: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        valid: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                    baseAlone: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        medianMs: number;
                        similarity: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        valid: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                    baseRetrieved: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        medianMs: number;
                        similarity: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        valid: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                };
                differences: {
                    adapterAlone: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                    adapterRetrieved: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                    both: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                    retrievalOfAdapter: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                    retrievalOfBase: {
                        exact: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                        firstLine: {
                            high: number | null;
                            low: number | null;
                            n: number;
                            value: number;
                        } | null;
                    };
                };
                files: number;
                places: number;
            } | null;
            uses: {
                answers: {
                    adapter: number;
                    alone: {
                        adapter: number;
                        base: number;
                        n: number;
                    } | null;
                    base: number;
                    n: number;
                    reason: string;
                    retrieved: {
                        adapter: number;
                        base: number;
                        n: number;
                    } | null;
                    /** @enum {string} */
                    serves: "adapter" | "base";
                } | null;
                completion: {
                    adapter: number;
                    alone: {
                        adapter: number;
                        base: number;
                        n: number;
                    } | null;
                    base: number;
                    n: number;
                    reason: string;
                    retrieved: {
                        adapter: number;
                        base: number;
                        n: number;
                    } | null;
                    /** @enum {string} */
                    serves: "adapter" | "base";
                } | null;
            } | null;
        };
        SearchAnswer: {
            index: components["schemas"]["IndexFreshness"] | null;
            results: components["schemas"]["SearchResult"][];
            tookMs: number;
        };
        SearchQuery: {
            /** @default 20 */
            k?: number;
            kinds?: ("function" | "method" | "class" | "interface" | "type" | "enum" | "module" | "block")[];
            languages?: string[];
            pathGlob?: string;
            query: string;
        };
        SearchReason: {
            /** @description The name of the query that it declares. */
            definition: string | null;
            /** @description Cosine of its vector with the query's. */
            meaning: number | null;
            /** @description Words of the query in what it declares. */
            name: string[];
            /** @description Words of the query in its path. */
            path: string[];
            /** @description Further words of the query in its text. */
            words: string[];
        };
        SearchResult: {
            /** @description The lines that say most of what the query says. */
            best: {
                endLine: number;
                startLine: number;
            };
            endLine: number;
            keywordRank: number | null;
            kind: string;
            language: string;
            path: string;
            /** @description Comparable within one search only. */
            score: number;
            startLine: number;
            symbol: string | null;
            text: string;
            vectorRank: number | null;
            why: components["schemas"]["SearchReason"];
        };
        SecretFile: {
            path: string;
            places: {
                line: number | null;
                rule: string;
            }[];
        };
        SecretList: {
            files: components["schemas"]["SecretFile"][];
        };
        SeenFile: {
            bytes: number;
            chunks: number;
            /** @enum {string} */
            outcome: "indexed" | "skipped" | "failed";
            path: string;
            reason: string | null;
        };
        /** @description An event as it is sent: its data is the JSON of one of the others, or [DONE]. */
        ServerSentEvent: {
            data: string;
            event?: string;
        };
        Setting: {
            choices?: string[];
            default: string | number | boolean;
            description: string;
            key: string;
            max?: number;
            min?: number;
            /** @enum {string} */
            source: "environment" | "file" | "default";
            /** @description Of a text, some that it can be. */
            suggestions?: string[];
            /** @enum {string} */
            type: "text" | "number" | "boolean" | "choice" | "secret";
            /** @description Of a secret only whether it is set: "set" or "". */
            value: string | number | boolean;
        };
        SettingList: {
            settings: components["schemas"]["Setting"][];
        };
        SimilarPlace: components["schemas"]["CodePlace"] & {
            similarity: number;
        };
        Source: {
            endLine: number;
            path: string;
            score: number;
            startLine: number;
            symbol: string | null;
        };
        SourceText: {
            from: number;
            language: string | null;
            masked: number;
            path: string;
            text: string;
            to: number;
            totalLines: number;
        };
        Status: {
            adapter: {
                promoted: boolean;
                reason: string | null;
                serves: {
                    /** @enum {string} */
                    answers: "adapter" | "base";
                    /** @enum {string} */
                    completion: "adapter" | "base";
                };
                version: number | null;
            };
            /** @description How code is completed where a request does not say. */
            completions: {
                /** @enum {string} */
                by: "adapter" | "base";
                /** @description null where nothing was measured. */
                reason: string | null;
                /** @description Whether related code is shown to the model. */
                retrieval: boolean;
            };
            index: {
                changedSince: number | null;
                chunks: number;
                commit: string | null;
                files: {
                    failed: {
                        [key: string]: number;
                    };
                    indexed: number;
                    seen: number;
                    skipped: {
                        [key: string]: number;
                    };
                };
                /** @enum {string} */
                state: "none" | "building" | "ready" | "damaged";
                /** @description Chunks that are found by meaning too; the others by words and names so far. */
                vectors: number;
            };
            project: {
                baseModel: string;
                id: string;
                /** @description There is no folder at `path` any more, or not now. */
                isAway: boolean;
                name: string;
                path: string;
            };
            scorecard: components["schemas"]["Scorecard"] | null;
            training: {
                error: components["schemas"]["RunError"] | null;
                etaMs: number | null;
                loss: number | null;
                peakMemoryBytes: number | null;
                reason: string | null;
                /** @enum {string} */
                status: "not_started" | "queued" | "preparing" | "training" | "paused" | "evaluating" | "completed" | "failed" | "cancelled";
                step: number | null;
                steps: number | null;
                tokensPerSecond: number | null;
            };
        };
        Switched: {
            adapter: components["schemas"]["AnsweringAdapter"];
            ms: number;
            project: components["schemas"]["Project"];
        };
        SymbolUses: {
            definitions: components["schemas"]["DeclaredSymbol"][];
            isCut: boolean;
            name: string;
            references: components["schemas"]["FoundLine"][];
        };
        Usage: {
            completion_tokens: number;
            prompt_tokens: number;
            total_tokens: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Adapter = components['schemas']['Adapter'];
export type AdapterList = components['schemas']['AdapterList'];
export type AnswerEnd = components['schemas']['AnswerEnd'];
export type AnswerEvent = components['schemas']['AnswerEvent'];
export type AnsweringAdapter = components['schemas']['AnsweringAdapter'];
export type AnswerOrigin = components['schemas']['AnswerOrigin'];
export type ChatCompletion = components['schemas']['ChatCompletion'];
export type ChatCompletionChunk = components['schemas']['ChatCompletionChunk'];
export type ChatCompletionRequest = components['schemas']['ChatCompletionRequest'];
export type CodePlace = components['schemas']['CodePlace'];
export type ComparedBase = components['schemas']['ComparedBase'];
export type Comparison = components['schemas']['Comparison'];
export type CompletedCode = components['schemas']['CompletedCode'];
export type Completion = components['schemas']['Completion'];
export type CompletionChunk = components['schemas']['CompletionChunk'];
export type CompletionRequest = components['schemas']['CompletionRequest'];
export type Conversation = components['schemas']['Conversation'];
export type ConversationList = components['schemas']['ConversationList'];
export type ConversationSummary = components['schemas']['ConversationSummary'];
export type DeclaredSymbol = components['schemas']['DeclaredSymbol'];
export type DiskUse = components['schemas']['DiskUse'];
export type DoctorCheck = components['schemas']['DoctorCheck'];
export type DoctorReport = components['schemas']['DoctorReport'];
export type EmbeddingRequest = components['schemas']['EmbeddingRequest'];
export type Embeddings = components['schemas']['Embeddings'];
export type Error = components['schemas']['Error'];
export type Exchange = components['schemas']['Exchange'];
export type FileList = components['schemas']['FileList'];
export type FimCompletion = components['schemas']['FimCompletion'];
export type FimCompletionChunk = components['schemas']['FimCompletionChunk'];
export type FimCompletionRequest = components['schemas']['FimCompletionRequest'];
export type Fleet = components['schemas']['Fleet'];
export type FleetProject = components['schemas']['FleetProject'];
export type FleetRun = components['schemas']['FleetRun'];
export type FleetTotals = components['schemas']['FleetTotals'];
export type Folder = components['schemas']['Folder'];
export type FolderList = components['schemas']['FolderList'];
export type FoundLine = components['schemas']['FoundLine'];
export type Glance = components['schemas']['Glance'];
export type Happening = components['schemas']['Happening'];
export type Health = components['schemas']['Health'];
export type HealthComponent = components['schemas']['HealthComponent'];
export type IndexFreshness = components['schemas']['IndexFreshness'];
export type InfillAnswer = components['schemas']['InfillAnswer'];
export type InfillPiece = components['schemas']['InfillPiece'];
export type InfillRequest = components['schemas']['InfillRequest'];
export type LastComparison = components['schemas']['LastComparison'];
export type LineQuery = components['schemas']['LineQuery'];
export type LineSearchAnswer = components['schemas']['LineSearchAnswer'];
export type Model = components['schemas']['Model'];
export type ModelHappening = components['schemas']['ModelHappening'];
export type ModelList = components['schemas']['ModelList'];
export type NewConversation = components['schemas']['NewConversation'];
export type NewProject = components['schemas']['NewProject'];
export type OllamaChatAnswer = components['schemas']['OllamaChatAnswer'];
export type OllamaChatRequest = components['schemas']['OllamaChatRequest'];
export type OllamaError = components['schemas']['OllamaError'];
export type OllamaGenerateAnswer = components['schemas']['OllamaGenerateAnswer'];
export type OllamaGenerateRequest = components['schemas']['OllamaGenerateRequest'];
export type OllamaShow = components['schemas']['OllamaShow'];
export type OllamaShowRequest = components['schemas']['OllamaShowRequest'];
export type OllamaTags = components['schemas']['OllamaTags'];
export type OpenAiError = components['schemas']['OpenAiError'];
export type OpenAiModel = components['schemas']['OpenAiModel'];
export type Project = components['schemas']['Project'];
export type ProjectHappening = components['schemas']['ProjectHappening'];
export type ProjectList = components['schemas']['ProjectList'];
export type ProjectMap = components['schemas']['ProjectMap'];
export type Question = components['schemas']['Question'];
export type Refreshed = components['schemas']['Refreshed'];
export type RelatedCode = components['schemas']['RelatedCode'];
export type Run = components['schemas']['Run'];
export type RunError = components['schemas']['RunError'];
export type RunEvent = components['schemas']['RunEvent'];
export type RunEventPage = components['schemas']['RunEventPage'];
export type RunHappening = components['schemas']['RunHappening'];
export type RunList = components['schemas']['RunList'];
export type Scorecard = components['schemas']['Scorecard'];
export type SearchAnswer = components['schemas']['SearchAnswer'];
export type SearchQuery = components['schemas']['SearchQuery'];
export type SearchReason = components['schemas']['SearchReason'];
export type SearchResult = components['schemas']['SearchResult'];
export type SecretFile = components['schemas']['SecretFile'];
export type SecretList = components['schemas']['SecretList'];
export type SeenFile = components['schemas']['SeenFile'];
export type ServerSentEvent = components['schemas']['ServerSentEvent'];
export type Setting = components['schemas']['Setting'];
export type SettingList = components['schemas']['SettingList'];
export type SimilarPlace = components['schemas']['SimilarPlace'];
export type Source = components['schemas']['Source'];
export type SourceText = components['schemas']['SourceText'];
export type Status = components['schemas']['Status'];
export type Switched = components['schemas']['Switched'];
export type SymbolUses = components['schemas']['SymbolUses'];
export type Usage = components['schemas']['Usage'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
