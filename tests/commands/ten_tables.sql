-- Ten tables with what makes a guess hard. MariaDB and MySQL.
CREATE TABLE members (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    `class` VARCHAR(20) NOT NULL,
    full_name VARCHAR(60) NOT NULL,
    email VARCHAR(40) NOT NULL UNIQUE,
    date_of_birth DATE,
    password_hash CHAR(60) NOT NULL,
    shoe_size TINYINT NOT NULL,
    steps MEDIUMINT UNSIGNED NOT NULL,
    born_in YEAR,
    portrait BLOB,
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
);
CREATE TABLE member_profiles (
    id INT AUTO_INCREMENT PRIMARY KEY,
    member_id BIGINT NOT NULL UNIQUE REFERENCES members (id),
    settings JSON NOT NULL,
    nick VARCHAR(3) NOT NULL UNIQUE,
    CONSTRAINT FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE TABLE countries (
    id INT AUTO_INCREMENT PRIMARY KEY,
    iso CHAR(2) NOT NULL UNIQUE,
    name VARCHAR(100) NOT NULL DEFAULT 'it''s "unknown"',
    continent ENUM('Europe', 'Asia', 'it''s "other"') NOT NULL UNIQUE
);
CREATE TABLE branches (
    id INT AUTO_INCREMENT PRIMARY KEY,
    parent_id INT,
    country_id INT NOT NULL,
    `order lines` INT NOT NULL,
    sort__key SMALLINT UNSIGNED NOT NULL,
    latitude DECIMAL(9, 6) NOT NULL,
    share DECIMAL(3, 3) NOT NULL,
    CONSTRAINT FOREIGN KEY (country_id) REFERENCES countries (id)
);
CREATE TABLE branch_days (
    id INT AUTO_INCREMENT PRIMARY KEY,
    branch_id INT NOT NULL,
    day DATE NOT NULL,
    kind ENUM('open', 'closed') NOT NULL DEFAULT 'open',
    UNIQUE (branch_id, day, kind),
    CONSTRAINT FOREIGN KEY (branch_id) REFERENCES branches (id)
);
CREATE TABLE memberships (
    id INT AUTO_INCREMENT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    branch_id INT NOT NULL,
    granted_by INT,
    since TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    until TIMESTAMP NULL,
    fee DECIMAL(8, 2) NOT NULL,
    discount DECIMAL(8, 2) NOT NULL DEFAULT 0,
    fee_after_discount DECIMAL(9, 2) AS (fee - discount) STORED,
    UNIQUE (member_id, branch_id),
    CONSTRAINT fee_covers_discount CHECK (discount >= 0 AND discount <= fee),
    CONSTRAINT FOREIGN KEY (member_id) REFERENCES members (id),
    CONSTRAINT FOREIGN KEY (branch_id) REFERENCES branches (id)
);
CREATE TABLE visits (
    id INT AUTO_INCREMENT PRIMARY KEY,
    memberId BIGINT NOT NULL,
    branchId INT,
    minutes INT NOT NULL,
    temperature DOUBLE,
    rating TINYINT UNSIGNED NOT NULL,
    note TEXT,
    source_ip VARCHAR(45),
    token VARCHAR(36) NOT NULL DEFAULT (UUID()),
    CONSTRAINT no_fever CHECK (temperature < 50),
    CONSTRAINT stars CHECK (rating >= 1 AND rating <= 5)
);
CREATE TABLE visit_photos (
    id INT AUTO_INCREMENT PRIMARY KEY,
    visit_id INT NOT NULL,
    url VARCHAR(255) NOT NULL UNIQUE,
    is_public TINYINT(1) NOT NULL DEFAULT 1,
    tags JSON,
    CONSTRAINT FOREIGN KEY (visit_id) REFERENCES visits (id)
);
CREATE TABLE leaderboard (
    id INT AUTO_INCREMENT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    board VARCHAR(20) NOT NULL DEFAULT 'main',
    points INT UNSIGNED NOT NULL,
    best BIGINT UNSIGNED NOT NULL,
    UNIQUE (member_id, board)
);
CREATE TABLE settings (
    id INT AUTO_INCREMENT PRIMARY KEY,
    `key` VARCHAR(64) NOT NULL UNIQUE DEFAULT '',
    value TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
