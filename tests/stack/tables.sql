create table customers (id integer primary key, name text not null);
create table orders (id integer primary key, customer integer references customers, placed date not null);
