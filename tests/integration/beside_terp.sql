-- Tables without a model that refer to TERP's and to each other, declared or by their names alone. MariaDB and MySQL.
CREATE TABLE media_blobs (
    id VARCHAR(64) NOT NULL PRIMARY KEY,
    file_name VARCHAR(255) NOT NULL,
    uploaded_by INT,
    batch_id INT NOT NULL,
    deleted_at TIMESTAMP NULL
);
CREATE TABLE depots (
    id INT AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(20) NOT NULL UNIQUE,
    main_route_id BIGINT UNSIGNED,
    spare_route_id INT,
    opened_by INT NOT NULL,
    CONSTRAINT FOREIGN KEY (opened_by) REFERENCES users (id)
);
CREATE TABLE routes (
    id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    parentId BIGINT UNSIGNED,
    depotId INT NOT NULL,
    kind ENUM('van', 'truck') NOT NULL,
    starts_on DATE NOT NULL,
    distance DECIMAL(6, 1) NOT NULL,
    empty_distance DECIMAL(6, 1) NOT NULL DEFAULT 0,
    CONSTRAINT not_all_empty CHECK (empty_distance >= 0 AND empty_distance <= distance)
);
CREATE TABLE depot_hours (
    depot_id INT PRIMARY KEY,
    opens TIME NOT NULL,
    CONSTRAINT FOREIGN KEY (depot_id) REFERENCES depots (id)
);
CREATE TABLE route_clients (
    route_id BIGINT UNSIGNED NOT NULL,
    client_id INT NOT NULL,
    position INT NOT NULL,
    PRIMARY KEY (route_id, client_id),
    CONSTRAINT FOREIGN KEY (route_id) REFERENCES routes (id),
    CONSTRAINT FOREIGN KEY (client_id) REFERENCES clients (id)
);
CREATE TABLE deliveries (
    id INT AUTO_INCREMENT PRIMARY KEY,
    order_id INT NOT NULL,
    routeId BIGINT UNSIGNED NOT NULL,
    blob_id VARCHAR(64),
    deliveredBy INT,
    status ENUM('planned', 'done') NOT NULL DEFAULT 'planned',
    UNIQUE (order_id, routeId),
    CONSTRAINT FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT FOREIGN KEY (blob_id) REFERENCES media_blobs (id)
);
