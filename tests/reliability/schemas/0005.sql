CREATE TABLE alembic_version (
 version_num VARCHAR(32) NOT NULL,
 CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE crawl (
 id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
 kind VARCHAR NOT NULL,
 state VARCHAR NOT NULL,
 endpoint VARCHAR NOT NULL,
 question VARCHAR NOT NULL,
 started_at INTEGER NOT NULL,
 finished_at INTEGER,
 next_url VARCHAR,
 pages INTEGER NOT NULL,
 fetched INTEGER NOT NULL,
 models INTEGER NOT NULL,
 new INTEGER NOT NULL,
 changed INTEGER NOT NULL,
 same INTEGER NOT NULL,
 repeated INTEGER NOT NULL,
 quarantined INTEGER NOT NULL,
 missing INTEGER NOT NULL,
 gone INTEGER NOT NULL,
 back INTEGER NOT NULL,
 requests INTEGER NOT NULL,
 resumed INTEGER NOT NULL,
 note VARCHAR,
 version VARCHAR NOT NULL,
 CONSTRAINT ck_crawl_state CHECK (state in ('running', 'complete', 'partial', 'failed'))
);
CREATE TABLE label (
 id INTEGER NOT NULL,
 text VARCHAR NOT NULL,
 CONSTRAINT pk_label PRIMARY KEY (id),
 CONSTRAINT uq_label_text UNIQUE (text)
);
CREATE TABLE computation (
 crawl_id INTEGER NOT NULL,
 computed_at INTEGER NOT NULL,
 registry_fingerprint VARCHAR NOT NULL,
 models INTEGER NOT NULL,
 models_declaring INTEGER NOT NULL,
 references_declared INTEGER NOT NULL,
 repeats INTEGER NOT NULL,
 resolved INTEGER NOT NULL,
 edges INTEGER NOT NULL,
 dangling INTEGER NOT NULL,
 ghosts INTEGER NOT NULL,
 malformed INTEGER NOT NULL,
 self_references INTEGER NOT NULL,
 cycles INTEGER NOT NULL,
 models_in_cycles INTEGER NOT NULL,
 disagreements INTEGER NOT NULL, origins_fingerprint VARCHAR,
 CONSTRAINT pk_computation PRIMARY KEY (crawl_id),
 CONSTRAINT fk_computation_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id)
);
CREATE TABLE crawl_page (
 crawl_id INTEGER NOT NULL,
 number INTEGER NOT NULL,
 base VARCHAR,
 is_last BOOLEAN NOT NULL,
 model_ids BLOB NOT NULL,
 CONSTRAINT pk_crawl_page PRIMARY KEY (crawl_id, number),
 CONSTRAINT fk_crawl_page_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id)
);
CREATE TABLE family_count (
 direct_unknown INTEGER NOT NULL,
 direct_finetune INTEGER NOT NULL,
 direct_adapter INTEGER NOT NULL,
 direct_quantized INTEGER NOT NULL,
 direct_merge INTEGER NOT NULL,
 total_unknown INTEGER NOT NULL,
 total_finetune INTEGER NOT NULL,
 total_adapter INTEGER NOT NULL,
 total_quantized INTEGER NOT NULL,
 total_merge INTEGER NOT NULL,
 crawl_id INTEGER NOT NULL,
 family VARCHAR NOT NULL,
 official INTEGER NOT NULL,
 CONSTRAINT pk_family_count PRIMARY KEY (crawl_id, family),
 CONSTRAINT fk_family_count_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id)
)
 WITHOUT ROWID;
CREATE TABLE node (
 id INTEGER NOT NULL,
 name VARCHAR NOT NULL,
 publisher_id INTEGER NOT NULL,
 well_formed BOOLEAN NOT NULL,
 CONSTRAINT pk_node PRIMARY KEY (id),
 CONSTRAINT fk_node_publisher_id_publisher FOREIGN KEY(publisher_id) REFERENCES publisher (id)
);
CREATE TABLE quarantine (
 id INTEGER NOT NULL,
 crawl_id INTEGER NOT NULL,
 reason VARCHAR NOT NULL,
 raw VARCHAR NOT NULL,
 CONSTRAINT pk_quarantine PRIMARY KEY (id),
 CONSTRAINT fk_quarantine_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id)
);
CREATE TABLE edge (
 parent_id INTEGER NOT NULL,
 child_id INTEGER NOT NULL,
 relation INTEGER NOT NULL,
 times INTEGER NOT NULL,
 CONSTRAINT pk_edge PRIMARY KEY (parent_id, child_id),
 CONSTRAINT fk_edge_child_id_node FOREIGN KEY(child_id) REFERENCES node (id),
 CONSTRAINT fk_edge_parent_id_node FOREIGN KEY(parent_id) REFERENCES node (id)
)
 WITHOUT ROWID;
CREATE TABLE lineage_count (
 direct_unknown INTEGER NOT NULL,
 direct_finetune INTEGER NOT NULL,
 direct_adapter INTEGER NOT NULL,
 direct_quantized INTEGER NOT NULL,
 direct_merge INTEGER NOT NULL,
 total_unknown INTEGER NOT NULL,
 total_finetune INTEGER NOT NULL,
 total_adapter INTEGER NOT NULL,
 total_quantized INTEGER NOT NULL,
 total_merge INTEGER NOT NULL,
 node_id INTEGER NOT NULL,
 CONSTRAINT pk_lineage_count PRIMARY KEY (node_id),
 CONSTRAINT fk_lineage_count_node_id_node FOREIGN KEY(node_id) REFERENCES node (id)
);
CREATE TABLE absence (
 model_id INTEGER NOT NULL,
 since_crawl INTEGER NOT NULL,
 gone_crawl INTEGER,
 until_crawl INTEGER,
 CONSTRAINT pk_absence PRIMARY KEY (model_id, since_crawl),
 CONSTRAINT fk_absence_gone_crawl_crawl FOREIGN KEY(gone_crawl) REFERENCES crawl (id),
 CONSTRAINT fk_absence_model_id_model FOREIGN KEY(model_id) REFERENCES model (id),
 CONSTRAINT fk_absence_since_crawl_crawl FOREIGN KEY(since_crawl) REFERENCES crawl (id),
 CONSTRAINT fk_absence_until_crawl_crawl FOREIGN KEY(until_crawl) REFERENCES crawl (id)
)
 WITHOUT ROWID;
CREATE TABLE model_change (
 model_id INTEGER NOT NULL,
 crawl_id INTEGER NOT NULL,
 field VARCHAR NOT NULL,
 "before" VARCHAR,
 "after" VARCHAR,
 CONSTRAINT pk_model_change PRIMARY KEY (model_id, crawl_id, field),
 CONSTRAINT fk_model_change_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id),
 CONSTRAINT fk_model_change_model_id_model FOREIGN KEY(model_id) REFERENCES model (id)
)
 WITHOUT ROWID;
CREATE TABLE reference (
 model_id INTEGER NOT NULL,
 since_crawl INTEGER NOT NULL,
 position INTEGER NOT NULL,
 until_crawl INTEGER,
 node_id INTEGER NOT NULL,
 relation INTEGER NOT NULL,
 source INTEGER NOT NULL,
 times INTEGER NOT NULL,
 is_evidence BOOLEAN NOT NULL,
 hub_id BLOB,
 CONSTRAINT pk_reference PRIMARY KEY (model_id, since_crawl, position),
 CONSTRAINT fk_reference_model_id_model FOREIGN KEY(model_id) REFERENCES model (id),
 CONSTRAINT fk_reference_node_id_node FOREIGN KEY(node_id) REFERENCES node (id),
 CONSTRAINT fk_reference_since_crawl_crawl FOREIGN KEY(since_crawl) REFERENCES crawl (id),
 CONSTRAINT fk_reference_until_crawl_crawl FOREIGN KEY(until_crawl) REFERENCES crawl (id)
)
 WITHOUT ROWID;
CREATE TABLE family_share (
 crawl_id INTEGER NOT NULL,
 attribution VARCHAR NOT NULL,
 family VARCHAR NOT NULL,
 direct FLOAT NOT NULL,
 total FLOAT NOT NULL,
 total_unknown FLOAT NOT NULL,
 total_finetune FLOAT NOT NULL,
 total_adapter FLOAT NOT NULL,
 total_quantized FLOAT NOT NULL,
 total_merge FLOAT NOT NULL,
 CONSTRAINT pk_family_share PRIMARY KEY (crawl_id, attribution, family),
 CONSTRAINT fk_family_share_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id)
)
 WITHOUT ROWID;
CREATE TABLE rollup (
 crawl_id INTEGER NOT NULL,
 "by" VARCHAR NOT NULL,
 choice VARCHAR NOT NULL,
 population VARCHAR NOT NULL,
 "key" VARCHAR NOT NULL,
 models FLOAT NOT NULL,
 downloads FLOAT NOT NULL,
 downloads_all_time FLOAT NOT NULL,
 likes FLOAT NOT NULL,
 CONSTRAINT pk_rollup PRIMARY KEY (crawl_id, "by", choice, population, "key"),
 CONSTRAINT fk_rollup_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id)
)
 WITHOUT ROWID;
CREATE TABLE completeness (
 crawl_id INTEGER NOT NULL,
 node_id INTEGER NOT NULL,
 told INTEGER NOT NULL,
 counted INTEGER NOT NULL,
 CONSTRAINT pk_completeness PRIMARY KEY (crawl_id, node_id),
 CONSTRAINT fk_completeness_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id),
 CONSTRAINT fk_completeness_node_id_node FOREIGN KEY(node_id) REFERENCES node (id)
)
 WITHOUT ROWID;
CREATE TABLE alias (
 node_id INTEGER NOT NULL,
 crawl_id INTEGER NOT NULL,
 asked_at INTEGER NOT NULL,
 hub_id BLOB,
 name VARCHAR,
 CONSTRAINT pk_alias PRIMARY KEY (node_id, crawl_id),
 CONSTRAINT fk_alias_crawl_id_crawl FOREIGN KEY(crawl_id) REFERENCES crawl (id),
 CONSTRAINT fk_alias_node_id_node FOREIGN KEY(node_id) REFERENCES node (id)
)
 WITHOUT ROWID;
CREATE TABLE "model" (
 id INTEGER NOT NULL,
 hub_id BLOB NOT NULL,
 node_id INTEGER,
 created_at INTEGER,
 modified_at INTEGER,
 downloads INTEGER,
 downloads_all_time INTEGER,
 likes INTEGER,
 gated_id INTEGER,
 disabled BOOLEAN NOT NULL,
 library_id INTEGER,
 task_id INTEGER,
 license_id INTEGER,
 parameters INTEGER,
 relation INTEGER,
 declared_hash INTEGER,
 first_crawl INTEGER NOT NULL,
 missing_since INTEGER,
 fingerprint INTEGER,
 CONSTRAINT pk_model PRIMARY KEY (id),
 CONSTRAINT fk_model_library_id_label FOREIGN KEY(library_id) REFERENCES label (id),
 CONSTRAINT fk_model_task_id_label FOREIGN KEY(task_id) REFERENCES label (id),
 CONSTRAINT fk_model_gated_id_label FOREIGN KEY(gated_id) REFERENCES label (id),
 CONSTRAINT fk_model_node_id_node FOREIGN KEY(node_id) REFERENCES node (id),
 CONSTRAINT fk_model_license_id_label FOREIGN KEY(license_id) REFERENCES label (id),
 CONSTRAINT fk_model_first_crawl_crawl FOREIGN KEY(first_crawl) REFERENCES crawl (id),
 CONSTRAINT fk_model_missing_since_crawl FOREIGN KEY(missing_since) REFERENCES crawl (id)
);
CREATE TABLE "publisher" (
 id INTEGER NOT NULL,
 name VARCHAR NOT NULL,
 CONSTRAINT pk_publisher PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_node_name ON node (name);
CREATE INDEX ix_quarantine_crawl_id ON quarantine (crawl_id);
CREATE INDEX ix_edge_child_id ON edge (child_id);
CREATE INDEX ix_model_missing_since ON model (missing_since) WHERE missing_since IS NOT NULL;
CREATE UNIQUE INDEX ix_model_hub_id ON model (hub_id DESC);
CREATE UNIQUE INDEX ix_model_node_id ON model (node_id);
CREATE UNIQUE INDEX ix_publisher_name ON publisher (name);
INSERT INTO alembic_version VALUES ('0005');
