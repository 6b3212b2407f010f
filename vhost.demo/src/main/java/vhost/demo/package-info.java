/** The main job on embedded defaults. */
package vhost.demo;
